package dev.betterbase.sync.rpc;

import dev.betterbase.sync.rate.TokenBucket;
import dev.betterbase.sync.rate.TokenBuckets;
import java.util.function.LongSupplier;

/**
 * Limits the frames that come in (protocol.md, 4007): on one connection, and on all connections of
 * one person or peer together. The second bound holds however often that party connects anew.
 */
final class FrameRates {
  /** Seconds of the permitted rate that may come at once. */
  private static final int BURST_SECONDS = 4;

  /** One party may send as much as this many connections. */
  static final int CONNECTIONS_OF_PARTY = 10;

  private final int perSecond;
  private final LongSupplier nanoTime;
  private final TokenBuckets<Object> parties;

  /**
   * @param perSecond frames per second that one connection may send
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  FrameRates(int perSecond, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
    double ofParty = (double) CONNECTIONS_OF_PARTY * perSecond;
    int burst = (int) Math.min(BURST_SECONDS * ofParty, Integer.MAX_VALUE);
    this.parties = new TokenBuckets<>(ofParty, burst, nanoTime);
  }

  /** The bound of a new connection. */
  TokenBucket ofConnection() {
    return new TokenBucket(perSecond, BURST_SECONDS * perSecond, nanoTime);
  }

  /** Counts a frame of a party; false if it is one too many. */
  boolean permits(Object party) {
    return parties.permits(party);
  }
}
