package dev.betterbase.sync.console;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Reads the registry of this server's metrics (docs/metrics.md), by the names of the meters. */
record Meters(MeterRegistry registry) {

  /**
   * The sum of all gauges, counters, or counts of timers of a name.
   *
   * @param tags names and values that a meter must have
   */
  double sum(String name, String... tags) {
    return find(name, tags).stream().mapToDouble(Meters::value).sum();
  }

  /** The same, by the values of one tag, sorted. */
  Map<String, Double> sumBy(String tag, String name, String... tags) {
    return find(name, tags).stream()
        .collect(
            Collectors.groupingBy(
                meter -> String.valueOf(meter.getId().getTag(tag)),
                TreeMap::new,
                Collectors.summingDouble(Meters::value)));
  }

  /** The longest time of a timer of the last minutes, in seconds, by the values of one tag. */
  Map<String, Double> longestBy(String tag, String name) {
    return registry.find(name).timers().stream()
        .collect(
            Collectors.toMap(
                timer -> String.valueOf(timer.getId().getTag(tag)),
                timer -> timer.max(TimeUnit.SECONDS),
                Math::max,
                TreeMap::new));
  }

  /** The durations that one timer has recorded. */
  Latencies latencies(String name, String... tags) {
    Timer timer = registry.find(name).tags(tags).timer();
    if (timer == null) {
      return Latencies.NONE;
    }
    CountAtBucket[] buckets = timer.takeSnapshot().histogramCounts();
    double[] bounds = new double[buckets.length];
    double[] within = new double[buckets.length];
    for (int i = 0; i < buckets.length; i++) {
      bounds[i] = buckets[i].bucket(TimeUnit.SECONDS);
      within[i] = buckets[i].count();
    }
    return new Latencies(bounds, within);
  }

  private Collection<Meter> find(String name, String... tags) {
    return registry.find(name).tags(tags).meters();
  }

  /** The value of a gauge, or the count of anything else. */
  private static double value(Meter meter) {
    return StreamSupport.stream(meter.measure().spliterator(), false)
        .filter(
            one -> one.getStatistic() == Statistic.COUNT || one.getStatistic() == Statistic.VALUE)
        .mapToDouble(Measurement::getValue)
        .findFirst()
        .orElse(Double.NaN);
  }
}
