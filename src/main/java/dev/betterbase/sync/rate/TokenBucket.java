package dev.betterbase.sync.rate;

import java.util.function.LongSupplier;

/**
 * Permits a rate in the long run and a burst on top of it: a bucket of tokens that is full at first
 * and is filled evenly. Used by one thread at a time.
 */
public final class TokenBucket {
  private static final double NANOS_PER_SECOND = 1e9;

  private final double perSecond;
  private final int burst;
  private final LongSupplier nanoTime;
  private double left;
  private long filledAt;

  /**
   * @param perSecond actions a second in the long run
   * @param burst actions at once after a pause
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public TokenBucket(double perSecond, int burst, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.nanoTime = nanoTime;
    this.left = burst;
    this.filledAt = nanoTime.getAsLong();
  }

  /**
   * Counts an action unless it is one too many.
   *
   * @return false if it is one too many; it is not counted then
   */
  public boolean permits() {
    long now = nanoTime.getAsLong();
    double earned = (now - filledAt) / NANOS_PER_SECOND * perSecond;
    left = Math.min(burst, left + earned);
    filledAt = now;
    if (left < 1) {
      return false;
    }
    left -= 1;
    return true;
  }
}
