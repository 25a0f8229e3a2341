package dev.betterbase.sync.membership;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.AccessEnds;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code membership.revoke} (methods.md). Whoever is concerned is told before the reply. */
@ApplicationScoped
public class MembershipRevokeHandler implements RequestHandler<MembershipRevokeHandler.Params> {
  @Inject private SpaceAccess access;
  @Inject private RevocationStore store;
  @Inject private AccessEnds ends;

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan by what the caller is an admin, where it is not its own space
   * @param cid the CID of the UCAN to be revoked, unchecked
   */
  public record Params(String space, @Nullable String ucan, String cid) {}

  @Override
  public Set<String> methods() {
    return Set.of("membership.revoke");
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public String invalidParams() {
    return "invalid membership revoke params";
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    String cid = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "ucan_cid" -> cid = reader.text();
        default -> reader.skip();
      }
    }
    if (space == null || cid == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan, cid);
  }

  @Override
  public Reply handle(Connection connection, Params params) {
    SpaceId space = SpaceId.require(params.space());
    if (!Capability.isCid(params.cid())) {
      throw new Failure.BadRequest("invalid ucan cid");
    }
    Access granted =
        access.require(connection.caller(), space, params.ucan(), SpaceAction.MEMBERSHIP_REVOKE);
    RevocationStore.Revocation revoked = store.revoke(granted, params.cid()).orFail();
    ends.revoked(revoked.space(), revoked.cid(), connection);
    return Reply.of(writer -> writer.beginMap(0).endMap());
  }
}
