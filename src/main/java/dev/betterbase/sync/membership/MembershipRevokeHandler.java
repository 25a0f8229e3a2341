package dev.betterbase.sync.membership;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rate.TokenBuckets;
import dev.betterbase.sync.realtime.AccessEnds;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.HomeSubscriptions;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceRequestHandler;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code membership.revoke} (methods.md). Those who lose access are told before the reply. */
@ApplicationScoped
public class MembershipRevokeHandler extends SpaceRequestHandler<MembershipRevokeHandler.Params> {
  /**
   * The most revocations at once in one space by one person or peer, and in an hour in the long
   * run. They are kept for ever, and each is told to everyone in the space.
   */
  private static final int PER_HOUR = 1_000;

  @Inject private RevocationStore store;
  @Inject private AccessEnds ends;
  @Inject private HomeSubscriptions homes;
  @Inject private SecurityLog security;

  private final TokenBuckets<Revoker> rates =
      new TokenBuckets<>(
          (double) PER_HOUR / Duration.ofHours(1).toSeconds(), PER_HOUR, System::nanoTime);

  /** The caller who revokes, and the space. */
  private record Revoker(Object party, SpaceId space) {}

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan the UCAN that makes the caller an admin, unless it is the caller's own space
   * @param cid the CID of the UCAN to be revoked, unchecked
   */
  public record Params(String space, @Nullable String ucan, String cid) implements SpaceParams {}

  @Override
  public Set<String> methods() {
    return Set.of("membership.revoke");
  }

  @Override
  public SpaceAction action() {
    return SpaceAction.MEMBERSHIP_REVOKE;
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
  protected SpaceTask prepare(Connection connection, Params params) {
    if (!Capability.isCid(params.cid())) {
      throw new Failure.BadRequest("invalid ucan cid");
    }
    return new Revoke(connection, params.cid());
  }

  /** One revocation. */
  private final class Revoke implements SpaceTask {
    private final Connection connection;
    private final String cid;

    Revoke(Connection connection, String cid) {
      this.connection = connection;
      this.cid = cid;
    }

    @Override
    public Reply here(Access access) {
      if (!rates.permits(new Revoker(connection.caller().party(), access.space()))) {
        throw new Failure.RateLimited("too many revocations");
      }
      RevocationStore.Revocation revoked = store.revoke(access, cid).orFail();
      security.revoked(revoked.space(), connection.caller().in(security));
      ends.revoked(revoked.space(), revoked.cid(), connection);
      return Reply.of(writer -> writer.beginMap(0).endMap());
    }

    @Override
    public CompletionStage<Reply> elsewhere(
        Access access, Supplier<CompletionStage<Encoded>> home) {
      return home.get()
          .thenApply(
              result -> Reply.of(result).then(() -> homes.revoked(access.space(), connection)));
    }
  }
}
