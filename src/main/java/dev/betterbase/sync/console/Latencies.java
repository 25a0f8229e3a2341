package dev.betterbase.sync.console;

import java.util.Arrays;

/**
 * The distribution of request durations, since the start of the server or between two moments.
 *
 * @param bounds the upper bounds of the buckets in seconds, ascending
 * @param within the number of requests within each bound; the same length
 */
record Latencies(double[] bounds, double[] within) {
  static final Latencies NONE = new Latencies(new double[0], new double[0]);

  Latencies {
    if (bounds.length != within.length) {
      throw new IllegalArgumentException("a count for each bound");
    }
  }

  /** The durations that were added since an earlier moment. */
  Latencies since(Latencies earlier) {
    if (!Arrays.equals(bounds, earlier.bounds)) {
      return this;
    }
    double[] added = new double[within.length];
    Arrays.setAll(added, i -> within[i] - earlier.within[i]);
    return new Latencies(bounds, added);
  }

  /**
   * The time within which a part of the requests was answered, estimated within its bucket.
   *
   * @param part from 0 to 1
   * @return seconds; NaN if there was no request within the highest bound
   */
  double quantile(double part) {
    double all = within.length == 0 ? 0 : within[within.length - 1];
    if (all <= 0) {
      return Double.NaN;
    }
    double rank = part * all;
    double below = 0;
    double from = 0;
    for (int i = 0; i < bounds.length; i++) {
      if (within[i] >= rank && within[i] > below) {
        return from + (bounds[i] - from) * (rank - below) / (within[i] - below);
      }
      below = within[i];
      from = bounds[i];
    }
    return from;
  }
}
