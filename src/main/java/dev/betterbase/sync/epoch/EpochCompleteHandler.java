package dev.betterbase.sync.epoch;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
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

/** {@code epoch.complete} (methods.md): the rewrap of an epoch is done. */
@ApplicationScoped
public class EpochCompleteHandler implements RequestHandler<EpochCompleteHandler.Params> {
  @Inject private SpaceAccess access;
  @Inject private EpochStore store;

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan by what the caller is an admin, where it is not its own space
   * @param epoch the epoch whose rewrap is done
   */
  public record Params(String space, @Nullable String ucan, int epoch) {}

  @Override
  public Set<String> methods() {
    return Set.of("epoch.complete");
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public String invalidParams() {
    return "invalid epoch complete params";
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    Integer epoch = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "epoch" -> epoch = reader.int32();
        default -> reader.skip();
      }
    }
    if (space == null || epoch == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan, epoch);
  }

  @Override
  public Reply handle(Connection connection, Params params) {
    SpaceId space = SpaceId.require(params.space());
    Access granted =
        access.require(connection.caller(), space, params.ucan(), SpaceAction.EPOCH_COMPLETE);
    if (!store.complete(granted, params.epoch()).orFail()) {
      throw new Failure.Conflict("epoch mismatch");
    }
    return Reply.of(writer -> writer.beginMap(0).endMap());
  }
}
