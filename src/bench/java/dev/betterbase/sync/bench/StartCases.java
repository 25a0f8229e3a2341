package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** The time from the start of the jar, with its own PostgreSQL, to its first answer. */
final class StartCases {
  private static final int STARTS = 3;

  private StartCases() {}

  static void run(Bench bench) throws Exception {
    BenchServer server = bench.server();
    bench.report(
        Row.of(
            "start.new",
            "start of the jar to the first answer, new database",
            server.firstStart(),
            "s"));
    bench.report(
        Row.of("start.existing", "  existing database", starts(server), "s")
            .goal(Goal.atMost(7))
            .note("median of " + STARTS));
    TimeUnit.SECONDS.sleep(5);
    bench.report(Row.of("memory.idle", "RSS before any load", server.resident("VmRSS"), "MB"));
    try (BenchServer cached = BenchServer.startWithAotCache()) {
      bench.report(
          Row.of("start.aot", "  the same with an AOT cache", starts(cached), "s")
              .goal(Goal.atMost(5))
              .note("median of " + STARTS));
      TimeUnit.SECONDS.sleep(5);
      bench.report(Row.of("memory.aot", "RSS before any load", cached.resident("VmRSS"), "MB"));
    }
  }

  private static double starts(BenchServer server) {
    double[] starts = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      starts[i] = server.restart();
    }
    Arrays.sort(starts);
    return starts[STARTS / 2];
  }
}
