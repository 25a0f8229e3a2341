package dev.betterbase.sync.rate;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;

/**
 * Counts recent actions, so that no stretch of time sees more of them than it may. Remembers the
 * time of each action in the window. Used by one thread at a time.
 */
public final class RecentCount {
  private final long windowNanos;
  private final LongSupplier nanoTime;

  /** The times of the counted actions, oldest first. */
  private final ArrayDeque<Long> times = new ArrayDeque<>();

  /**
   * @param window the time for which an action counts
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public RecentCount(Duration window, LongSupplier nanoTime) {
    this.windowNanos = window.toNanos();
    this.nanoTime = nanoTime;
  }

  /**
   * Counts an action unless it is one too many.
   *
   * @param atMost the most actions that may count at a time
   * @return false if it is one too many; it is not counted then
   */
  public boolean permits(int atMost) {
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

  /** No longer counts the oldest action, if there is one. */
  public void forgetOldest() {
    times.poll();
  }
}
