package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Announcement;
import dev.betterbase.sync.rpc.method.Connection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of members here to spaces that live on another server, and the changes that
 * requests of one member make for the others here (federation.md, Calling).
 */
public interface HomeSubscriptions {

  /**
   * A space that a member subscribes to.
   *
   * @param since the cursor that the member has
   */
  record Wanted(SpaceId space, long since, String ucan) {}

  /** The answer of the home about one space. */
  sealed interface Outcome {
    /** It notifies this server from now on, which passes the notifications on to the member. */
    record Subscribed(SubscribeResult.State state) implements Outcome {}

    record Refused(ErrorCode why) implements Outcome {}
  }

  /**
   * Subscribes a member whose subscriptions here have begun and do not deliver yet.
   *
   * @param home as {@link Access#home} has it
   * @return one outcome for each, in their order; never fails, and is complete within 12 s
   */
  CompletionStage<List<Outcome>> subscribe(Connection connection, String home, List<Wanted> wanted);

  /**
   * Tells the members here of a change that one of them made. The home does not notify the server
   * that the change came from.
   *
   * @param author the connection that made the change, which is not told; null if none here did
   */
  void announce(Announcement announcement, @Nullable Connection author);

  /** Notes who appended a membership entry, because the home's notice of it is not for them. */
  void appended(SpaceId space, Connection author, byte[] entryHash);

  /**
   * Passes a revocation on to the members here, and asks the home which of them go on.
   *
   * @param author the connection that revoked, which is not told; null if none here did
   */
  void revoked(SpaceId space, @Nullable Connection author);
}
