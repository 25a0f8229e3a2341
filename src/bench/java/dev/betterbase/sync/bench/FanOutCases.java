package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** One pusher and many subscribers of one space. */
final class FanOutCases {
  /** The pushes that may be under way when they are sent as fast as possible. */
  private static final int WINDOW = 8;

  private FanOutCases() {}

  static void hundred(Bench bench) throws Exception {
    paced(bench, "fanout.100", 100, 50, 4, 8);
  }

  static void thousand(Bench bench) throws Exception {
    paced(bench, "fanout.1000", 1_000, 10, 10, 18);
  }

  private static void paced(
      Bench bench, String id, int size, int aSecond, double median, double p99) throws Exception {
    Latencies limit = FanOutLimit.measure(size, aSecond, bench.time());
    bench.report(
        Row.of(
                id + ".limit",
                String.format(Locale.ROOT, "L: bare sockets, %,d writes and reads, median", size),
                limit.quantile(0.5),
                "ms")
            .latencies(limit));
    try (Audience audience = new Audience(bench.server(), size)) {
      push(audience, aSecond, bench.warmUp());
      audience.takeLatencies();
      bench.server().checkpoint();
      Usage before = bench.server().usage();
      long deliveries = audience.deliveries();
      push(audience, aSecond, bench.time());
      Usage usage = bench.server().usage().since(before);
      deliveries = audience.deliveries() - deliveries;
      Latencies latencies = audience.takeLatencies();
      String what =
          String.format(
              Locale.ROOT, "fan-out: %d pushes/s to %,d subscribers, median", aSecond, size);
      bench.report(
          Row.of(id, what, latencies.quantile(0.5), "ms")
              .goal(Goal.atMost(median))
              .cost(usage, (double) deliveries, "delivery")
              .latencies(latencies)
              .note("to the last delivery"));
      bench.report(
          Row.of(id + ".p99", "  p99", latencies.quantile(0.99), "ms").goal(Goal.atMost(p99)));
    }
  }

  static void push(Audience audience, int aSecond, Duration time) throws IOException {
    long begun = System.nanoTime();
    long pause = 1_000_000_000L / aSecond;
    long pushes = time.toNanos() / pause;
    for (long i = 0; i < pushes; i++) {
      while (System.nanoTime() < begun + i * pause || !audience.isAnswered()) {
        audience.receiveUntil(begun + i * pause);
      }
      audience.push();
    }
    audience.drain();
  }

  static void most(Bench bench) throws Exception {
    FanOutLimit.Most limit = FanOutLimit.most(1_000, WINDOW, bench.time());
    double most = limit.writes() / limit.usage().wall();
    bench.report(
        Row.of("fanout.max.limit", "L: bare sockets, as fast as it goes, 1,000 of them", most, "/s")
            .cost(limit.usage(), (double) limit.writes(), "delivery")
            .note(WINDOW + " rounds on their way"));
    try (Audience audience = new Audience(bench.server(), 1_000)) {
      pushAll(audience, bench.warmUp());
      audience.takeLatencies();
      bench.server().checkpoint();
      Usage before = bench.server().usage();
      long deliveries = audience.deliveries();
      pushAll(audience, bench.time());
      Usage usage = bench.server().usage().since(before);
      deliveries = audience.deliveries() - deliveries;
      bench.report(
          Row.of(
                  "fanout.max",
                  "fan-out, as fast as it goes, 1,000 subscribers",
                  deliveries / usage.wall(),
                  "/s")
              .goal(Goal.atLeast(50_000))
              .cost(usage, (double) deliveries, "delivery")
              .latencies(audience.takeLatencies())
              .note(WINDOW + " pushes on their way"));
    }
  }

  private static void pushAll(Audience audience, Duration time) throws IOException {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      if (audience.isAnswered() && audience.underWay() < WINDOW) {
        audience.push();
      }
      audience.receiveUntil(end);
    }
    audience.drain();
  }
}
