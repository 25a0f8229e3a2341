package dev.betterbase.sync.rpc;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * The clocks of one connection (protocol.md, Connecting and Close codes). Times are {@link
 * System#nanoTime()} values.
 */
final class Lifetime {

  /** After this long, a close frame overtakes the frames that wait before it. */
  private static final long CLOSE_LATE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A peer that does not answer a close frame is cut off this long after the frame went out. */
  private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A connection whose close frame does not go out is cut this long after closing began. */
  private static final long ABANDON_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** A peer is too slow if its socket takes nothing for this long while frames wait. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final long AUTH_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** A message that was there at the last look is handed on within this time. */
  private static final long AUTH_READ_NANOS = TimeUnit.SECONDS.toNanos(3);

  private static final long KEEPALIVE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(75);
  private static final long LIFE_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final double LIFE_SPREAD = 0.1;
  private static final long STREAM_GRACE_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final long openedAt;
  private long authDueAt;
  private final long lifeNanos;
  private volatile long heardAt;
  private volatile long closingAt;
  private volatile boolean closeIsOut;
  private volatile long closeOutAt;
  private long keepaliveAt;
  private long takenBefore;
  private long progressAt;

  /**
   * @param now the time at which the connection was opened
   * @param random spreads the lifetimes, so that clients do not all come back at once
   */
  Lifetime(long now, RandomGenerator random) {
    this.openedAt = now;
    this.authDueAt = now + AUTH_NANOS;
    this.heardAt = now;
    this.progressAt = now;
    this.keepaliveAt = now + KEEPALIVE_NANOS;
    this.lifeNanos = (long) (LIFE_NANOS * random.nextDouble(1 - LIFE_SPREAD, 1 + LIFE_SPREAD));
  }

  /** The age of the connection. */
  Duration age(long now) {
    return Duration.ofNanos(now - openedAt);
  }

  void heard(long now) {
    heardAt = now;
  }

  void closingBegan(long now) {
    closingAt = now;
  }

  void closeIsOut(long now) {
    closeOutAt = now;
    closeIsOut = true;
  }

  /**
   * Whether the peer has taken nothing for too long. To be called regularly by one thread.
   *
   * @param unsent the bytes that wait now
   * @param taken the bytes that the socket has taken since the beginning
   */
  boolean isStuck(long now, long unsent, long taken) {
    if (unsent == 0 || taken != takenBefore) {
      takenBefore = taken;
      progressAt = now;
      return false;
    }
    return now - progressAt >= STUCK_NANOS;
  }

  /** The first message has come and is not read yet. To be called regularly by one thread. */
  void authHasCome(long now) {
    if (now + AUTH_READ_NANOS - authDueAt > 0) {
      authDueAt = now + AUTH_READ_NANOS;
    }
  }

  boolean authIsLate(long now) {
    return now - authDueAt >= 0;
  }

  boolean isSilent(long now) {
    return now - heardAt >= SILENCE_NANOS;
  }

  /**
   * Whether the connection has lived long enough. A running stream may prolong it, with a bound.
   */
  boolean isOver(long now, boolean streamsIdle) {
    long over = now - openedAt - lifeNanos;
    return over >= (streamsIdle ? 0 : STREAM_GRACE_NANOS);
  }

  /** Whether a keepalive is due. If so, the next one is due an interval later. */
  boolean keepaliveIsDue(long now) {
    if (now - keepaliveAt < 0) {
      return false;
    }
    keepaliveAt += KEEPALIVE_NANOS;
    return true;
  }

  boolean closeIsLate(long now) {
    return now - closingAt >= CLOSE_LATE_NANOS;
  }

  /** Whether the peer has had enough time to close. */
  boolean isAbandoned(long now) {
    return closeIsOut ? now - closeOutAt >= ANSWER_NANOS : now - closingAt >= ABANDON_NANOS;
  }
}
