package dev.betterbase.sync.rate;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Lets one event in each stretch of time be reported, and counts those in between, so that no
 * number of events fills a log. Any thread may call.
 */
public final class Occasions {
  private final long betweenNanos;
  private final LongSupplier nanoTime;
  private long reportedAt;
  private boolean reported;
  private long suppressed;

  /**
   * @param between the least time between two reports
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public Occasions(Duration between, LongSupplier nanoTime) {
    this.betweenNanos = between.toNanos();
    this.nanoTime = nanoTime;
  }

  /** For a log: one report a minute. */
  public static Occasions eachMinute() {
    return new Occasions(Duration.ofMinutes(1), System::nanoTime);
  }

  /**
   * Counts an event.
   *
   * @return the number of events since the last report that were not reported, if this one is to be
   *     reported; empty if it is not
   */
  public synchronized OptionalLong report() {
    long now = nanoTime.getAsLong();
    if (reported && now - reportedAt < betweenNanos) {
      suppressed++;
      return OptionalLong.empty();
    }
    reported = true;
    reportedAt = now;
    long before = suppressed;
    suppressed = 0;
    return OptionalLong.of(before);
  }
}
