package dev.betterbase.sync.space;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;

/** Permits an action so many times in any stretch of time. Used by one thread at a time. */
public final class RecentCount {
  private final int atMost;
  private final long windowNanos;
  private final LongSupplier nanoTime;
  private final ArrayDeque<Long> times = new ArrayDeque<>();

  /**
   * @param atMost how often
   * @param window in how long
   * @param nanoTime the clock
   */
  public RecentCount(int atMost, Duration window, LongSupplier nanoTime) {
    this.atMost = atMost;
    this.windowNanos = window.toNanos();
    this.nanoTime = nanoTime;
  }

  /** Counts an action; false where it is one too many, which is then not counted. */
  public boolean permits() {
    long now = nanoTime.getAsLong();
    while (!times.isEmpty() && now - times.peek() >= windowNanos) {
      times.remove();
    }
    if (times.size() >= atMost) {
      return false;
    }
    times.add(now);
    return true;
  }
}
