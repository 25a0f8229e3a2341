package dev.betterbase.sync.epoch;

import dev.betterbase.sync.epoch.EpochStore.BeginOutcome;
import dev.betterbase.sync.protocol.Body;
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

/** {@code epoch.begin} (methods.md): advances the key generation of a space. */
@ApplicationScoped
public class EpochBeginHandler implements RequestHandler<EpochBeginHandler.Params> {
  @Inject private SpaceAccess access;
  @Inject private EpochStore store;

  /**
   * The params.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan by what the caller is an admin, where it is not its own space
   * @param epoch the next key generation
   * @param raiseMinimum whether DEKs of earlier epochs are refused from now on
   */
  public record Params(String space, @Nullable String ucan, int epoch, boolean raiseMinimum) {}

  @Override
  public Set<String> methods() {
    return Set.of("epoch.begin");
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
  public Reply handle(Connection connection, Params params) {
    SpaceId space = SpaceId.require(params.space());
    Access granted =
        access.require(connection.caller(), space, params.ucan(), SpaceAction.EPOCH_BEGIN);
    BeginOutcome outcome = store.begin(granted, params.epoch(), params.raiseMinimum()).orFail();
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
