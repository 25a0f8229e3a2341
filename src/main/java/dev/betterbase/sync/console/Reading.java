package dev.betterbase.sync.console;

import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;

/**
 * The values of the meters at one moment. Two readings make a {@link Sample}.
 *
 * @param nanoTime of the moment, as {@link System#nanoTime}
 * @param gauges the values of the moment
 * @param totals the counts since the start
 */
record Reading(
    Instant at,
    long nanoTime,
    Map<Series, Double> gauges,
    Map<Series, Double> totals,
    Latencies pushes,
    Latencies pulls,
    Latencies poolWaits) {
  private static final double NANOS = 1e9;
  private static final String REQUESTS = "betterbase.rpc.requests";

  /** Reads the meters now. */
  static Reading of(Meters meters) {
    Map<Series, Double> gauges = new EnumMap<>(Series.class);
    gauges.put(Series.CONNECTIONS, meters.sum("betterbase.connections"));
    gauges.put(Series.SUBSCRIPTIONS, meters.sum("betterbase.subscriptions"));
    gauges.put(Series.QUEUED, meters.sum("betterbase.send.budget.held"));
    gauges.put(Series.POOL, meters.sum("betterbase.database.connections.used"));
    gauges.put(
        Series.HEAP, (double) ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    Map<Series, Double> totals = new EnumMap<>(Series.class);
    totals.put(Series.PUSHES, meters.sum(REQUESTS, "method", "push"));
    totals.put(Series.PULLS, meters.sum(REQUESTS, "method", "pull"));
    totals.put(Series.ERRORS, meters.sum("betterbase.rpc.errors"));
    totals.put(Series.RECEIVED, meters.sum("betterbase.received"));
    totals.put(Series.SENT, meters.sum("betterbase.sent"));
    totals.put(Series.SLOW, meters.sum("betterbase.connections.closed", "code", "4006"));
    // In nanoseconds. As a rate, it is the share of all processors that was in use.
    totals.put(Series.CPU, meters.sum("process.cpu.time") / NANOS / meters.sum("system.cpu.count"));
    return new Reading(
        Instant.now(),
        System.nanoTime(),
        gauges,
        totals,
        meters.latencies(REQUESTS, "caller", "client", "method", "push"),
        meters.latencies(REQUESTS, "caller", "client", "method", "pull"),
        meters.latencies("betterbase.database.connection.waits"));
  }

  /** The figures now, with rates and latencies over the time since an earlier reading. */
  Sample since(Reading earlier) {
    double seconds = (nanoTime - earlier.nanoTime) / NANOS;
    Map<Series, Double> values = new EnumMap<>(gauges);
    totals.forEach(
        (series, total) ->
            values.put(series, (total - earlier.totals.getOrDefault(series, 0.0)) / seconds));
    Latencies pushed = pushes.since(earlier.pushes);
    Latencies pulled = pulls.since(earlier.pulls);
    values.put(Series.PUSH_MEDIAN, pushed.quantile(0.5));
    values.put(Series.PUSH_P99, pushed.quantile(0.99));
    values.put(Series.PULL_MEDIAN, pulled.quantile(0.5));
    values.put(Series.PULL_P99, pulled.quantile(0.99));
    values.put(Series.POOL_WAIT_P99, poolWaits.since(earlier.poolWaits).quantile(0.99));
    return new Sample(at, values);
  }

  /** The figures now, without rates and latencies. */
  Sample alone() {
    return new Sample(at, gauges);
  }
}
