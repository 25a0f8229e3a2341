package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Connection;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;

/** The way to spaces that live on another server (federation.md, Calling). */
public interface HomeServer {

  /**
   * A space that a member wants to be subscribed to, and by what.
   *
   * @param since the cursor that the member has
   */
  record Wanted(SpaceId space, long since, String ucan) {}

  /** What its home says. */
  sealed interface Outcome {
    /** It notifies this server from now on, which passes it on to the member. */
    record Granted(long cursor, int keyGeneration, OptionalInt rewrapEpoch) implements Outcome {}

    record Refused(ErrorCode why) implements Outcome {}
  }

  /**
   * Subscribes a member, whose subscriptions here have begun and are pending.
   *
   * @param home as {@link Space#homeServer} has it
   * @return one outcome for each, in their order; never fails, and is complete within 12 s
   */
  CompletionStage<List<Outcome>> subscribe(Connection connection, String home, List<Wanted> wanted);
}
