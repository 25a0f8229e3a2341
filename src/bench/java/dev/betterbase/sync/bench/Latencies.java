package dev.betterbase.sync.bench;

import java.util.Arrays;
import java.util.Locale;

/** Durations of one kind of operation, in nanoseconds, and their statistics. Not thread-safe. */
final class Latencies {
  private long[] values = new long[1_024];
  private int count;
  private boolean sorted;

  void add(long nanos) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = nanos;
    sorted = false;
  }

  void addAll(Latencies others) {
    for (int i = 0; i < others.count; i++) {
      add(others.values[i]);
    }
  }

  int count() {
    return count;
  }

  /** The mean, in milliseconds. */
  double mean() {
    return count == 0 ? 0 : Arrays.stream(values, 0, count).average().orElse(0) / 1e6;
  }

  /** A percentile in milliseconds; 0.5 is the median. */
  double quantile(double quantile) {
    if (!sorted) {
      Arrays.sort(values, 0, count);
      sorted = true;
    }
    return count == 0 ? 0 : values[(int) (quantile * (count - 1))] / 1e6;
  }

  /** {@code "p50 1.23 ms, p99 4.56 ms"}. */
  String summary() {
    return String.format(Locale.ROOT, "p50 %.2f ms, p99 %.2f ms", quantile(0.5), quantile(0.99));
  }
}
