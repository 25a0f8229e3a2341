package dev.betterbase.sync.console;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The samples of the last hour, one each 10 s, and of the last day, one each 5 minutes. That is
 * about 300 kB. It is lost at a restart. Any thread may call.
 */
final class History {
  static final Duration STEP = Duration.ofSeconds(10);
  static final Duration LONG_STEP = Duration.ofMinutes(5);
  static final int OF_AN_HOUR = (int) Duration.ofHours(1).dividedBy(STEP);
  static final int OF_A_DAY = (int) Duration.ofDays(1).dividedBy(LONG_STEP);

  /** A round of the job may come a little early. */
  private static final Duration SLACK = STEP.dividedBy(2);

  private final ArrayDeque<Sample> hour = new ArrayDeque<>();
  private final ArrayDeque<Sample> day = new ArrayDeque<>();
  private @Nullable Reading last;
  private @Nullable Reading beforeLast;
  private @Nullable Reading lastOfDay;

  /** Adds a reading, which comes about every {@link #STEP}. */
  synchronized void add(Reading reading) {
    if (last != null) {
      add(hour, reading.since(last), OF_AN_HOUR);
    }
    beforeLast = last;
    last = reading;
    if (lastOfDay == null) {
      lastOfDay = reading;
    } else if (reading.nanoTime() - lastOfDay.nanoTime() >= LONG_STEP.minus(SLACK).toNanos()) {
      add(day, reading.since(lastOfDay), OF_A_DAY);
      lastOfDay = reading;
    }
  }

  private static void add(ArrayDeque<Sample> samples, Sample sample, int atMost) {
    if (samples.size() >= atMost) {
      samples.remove();
    }
    samples.add(sample);
  }

  /** The figures now, with rates and latencies over the last 10 to 20 seconds. */
  synchronized Sample current(Reading now) {
    Reading before = beforeLast == null ? last : beforeLast;
    return before == null ? now.alone() : now.since(before);
  }

  /** The samples of the last hour that came after a moment, oldest first. */
  synchronized List<Sample> hour(Instant after) {
    return hour.stream().filter(sample -> sample.at().isAfter(after)).toList();
  }

  /** The samples of the last day that came after a moment, oldest first. */
  synchronized List<Sample> day(Instant after) {
    return day.stream().filter(sample -> sample.at().isAfter(after)).toList();
  }
}
