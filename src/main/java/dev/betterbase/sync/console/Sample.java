package dev.betterbase.sync.console;

import java.time.Instant;
import java.util.Map;

/**
 * The figures of this node at one moment, rates and latencies over the time before it.
 *
 * @param values the values by series; a series may be missing
 */
record Sample(Instant at, Map<Series, Double> values) {
  /** The value of a series; NaN if it is missing. */
  double of(Series series) {
    return values.getOrDefault(series, Double.NaN);
  }
}
