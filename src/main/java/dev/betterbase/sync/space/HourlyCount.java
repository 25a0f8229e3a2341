package dev.betterbase.sync.space;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Permits an action so many times in any hour. Used by one thread at a time. */
final class HourlyCount {

  private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);

  private final int perHour;
  private final LongSupplier nanoTime;
  private final ArrayDeque<Long> times = new ArrayDeque<>();

  HourlyCount(int perHour, LongSupplier nanoTime) {
    this.perHour = perHour;
    this.nanoTime = nanoTime;
  }

  /** Counts an action; false where it is one too many, which is then not counted. */
  boolean permits() {
    long now = nanoTime.getAsLong();
    while (!times.isEmpty() && now - times.peek() >= HOUR_NANOS) {
      times.remove();
    }
    if (times.size() >= perHour) {
      return false;
    }
    times.add(now);
    return true;
  }
}
