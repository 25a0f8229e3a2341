package dev.betterbase.sync.bench;

import java.util.Arrays;
import java.util.Locale;

/** Durations of one kind of thing, in nanoseconds, and what they come to. Not thread-safe. */
final class Latencies {
  private long[] values = new long[1_024];
  private int count;

  void add(long nanos) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = nanos;
  }

  void addAll(Latencies others) {
    for (int i = 0; i < others.count; i++) {
      add(others.values[i]);
    }
  }

  int count() {
    return count;
  }

  /** All of them together. */
  double totalSeconds() {
    return Arrays.stream(values, 0, count).sum() / 1e9;
  }

  /** {@code "p50 1.23 ms, p99 4.56 ms"}. */
  String summary() {
    long[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT, "p50 %.2f ms, p99 %.2f ms", quantile(sorted, 0.5), quantile(sorted, 0.99));
  }

  private static double quantile(long[] sorted, double quantile) {
    return sorted.length == 0 ? 0 : sorted[(int) (quantile * (sorted.length - 1))] / 1e6;
  }
}
