package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.Requests;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The pushes of {@link PushCases} to a program that does no more than a push needs ({@link
 * BarePushServer}), over the same PostgreSQL. It takes turns with the function alone.
 */
final class PushLimitCases {
  /** What is asked of the server, of the rate of the function alone. */
  private static final double OF_FUNCTION = 0.8;

  private static final int ROUNDS = 4;
  private static final int CAPACITY = 4_096;

  private PushLimitCases() {}

  static void run(Bench bench) throws Exception {
    run(bench, 16, 1);
    run(bench, 8, 100);
  }

  private static void run(Bench bench, int connections, int records) throws Exception {
    try (BareProcess bare = BareProcess.start(BarePushServer.class, bench.server().jdbcUrl());
        PushLoad load = load(bare.port(), connections, records)) {
      load.run(bench.warmUp());
      bench.server().checkpoint();
      Duration time = bench.time().dividedBy(ROUNDS);
      Limit limit = bench.limit().run(connections, records, time);
      Latencies latencies = new Latencies();
      Usage usage = Usage.NONE;
      for (int round = 0; round < ROUNDS; round++) {
        Usage before = usage(bench, bare);
        latencies.addAll(load.run(time));
        usage = usage.plus(usage(bench, bare).since(before));
        limit = limit.plus(bench.limit().run(connections, records, time));
      }
      double pushed = (double) latencies.count() * records;
      bench.report(
          Row.of(
                  "push.java." + records,
                  "push of %d, %d connections, by the least that a program in Java does"
                      .formatted(records, connections),
                  pushed / (ROUNDS * time.toMillis() / 1e3),
                  "/s")
              .goal(new Goal("L", limit.rate() * records, OF_FUNCTION, true))
              .cost(usage, pushed, "record")
              .latencies(latencies));
    }
  }

  private static PushLoad load(int port, int connections, int records) throws IOException {
    List<Pusher> pushers = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      var space = Requests.map("space", UUID.randomUUID().toString());
      PushFrame frame = PushFrame.ofNew(space, records);
      pushers.add(Pusher.ofNew(RpcSocket.open(port, "not looked at", CAPACITY), frame));
    }
    return new PushLoad(pushers);
  }

  /** The same as {@link BenchServer#usage()}, with the program in place of the server. */
  private static Usage usage(Bench bench, BareProcess bare) throws IOException {
    Usage usage = bench.server().usage();
    return new Usage(usage.wall(), bare.cpu(), usage.postgres(), usage.client());
  }
}
