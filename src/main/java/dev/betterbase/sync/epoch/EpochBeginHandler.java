package dev.betterbase.sync.epoch;

import dev.betterbase.sync.epoch.EpochStore.BeginOutcome;
import dev.betterbase.sync.protocol.Body;
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

/** {@code epoch.begin} (methods.md): advances the key generation of a space. */
@ApplicationScoped
public class EpochBeginHandler extends SpaceRequestHandler<EpochBeginHandler.Params> {
  @Inject private EpochStore store;

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan the UCAN that makes the caller an admin, unless it is the caller's own space
   * @param epoch the next key generation
   * @param raiseMinimum whether DEKs of earlier epochs are refused from now on
   */
  public record Params(String space, @Nullable String ucan, int epoch, boolean raiseMinimum)
      implements SpaceParams {}

  @Override
  public Set<String> methods() {
    return Set.of("epoch.begin");
  }

  @Override
  public SpaceAction action() {
    return SpaceAction.EPOCH_BEGIN;
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public String invalidParams() {
    return "invalid epoch begin params";
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    Integer epoch = null;
    boolean raiseMinimum = false;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "epoch" -> epoch = reader.int32();
        case "set_min_key_generation" -> raiseMinimum = reader.bool();
        default -> reader.skip();
      }
    }
    if (space == null || epoch == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan, epoch, raiseMinimum);
  }

  @Override
  protected SpaceTask prepare(Connection connection, Params params) {
    return access -> begin(access, params);
  }

  private Reply begin(Access access, Params params) {
    BeginOutcome outcome = store.begin(access, params.epoch(), params.raiseMinimum()).orFail();
    return Reply.of(
        switch (outcome) {
          case BeginOutcome.Begun() ->
              writer -> writer.beginMap(1).field("epoch", params.epoch()).endMap();
          case BeginOutcome.Conflict conflict -> conflict(conflict);
        });
  }

  private static Body conflict(BeginOutcome.Conflict conflict) {
    Integer rewrapEpoch = conflict.rewrapEpoch();
    return writer -> {
      writer
          .beginMap(rewrapEpoch == null ? 2 : 3)
          .field("error", "epoch_conflict")
          .field("current_epoch", conflict.keyGeneration());
      if (rewrapEpoch != null) {
        writer.field("rewrap_epoch", rewrapEpoch);
      }
      writer.endMap();
    };
  }
}
