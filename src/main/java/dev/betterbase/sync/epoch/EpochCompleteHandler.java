package dev.betterbase.sync.epoch;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceRequestHandler;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code epoch.complete} (methods.md): the rewrap of an epoch is done. */
@ApplicationScoped
public class EpochCompleteHandler extends SpaceRequestHandler<EpochCompleteHandler.Params> {
  @Inject private EpochStore store;

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan the UCAN that makes the caller an admin, unless it is the caller's own space
   * @param epoch the epoch whose rewrap is done
   */
  public record Params(String space, @Nullable String ucan, int epoch) implements SpaceParams {}

  @Override
  public Set<String> methods() {
    return Set.of("epoch.complete");
  }

  @Override
  public SpaceAction action() {
    return SpaceAction.EPOCH_COMPLETE;
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
  protected SpaceTask prepare(Connection connection, Params params) {
    return access -> complete(access, params);
  }

  private Reply complete(Access access, Params params) {
    if (!store.complete(access, params.epoch()).orFail()) {
      throw new Failure.Conflict("epoch mismatch");
    }
    return Reply.of(writer -> writer.beginMap(0).endMap());
  }
}
