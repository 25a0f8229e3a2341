package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestUser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The same push and the same pull in spaces of ten, ten thousand and a million records. */
final class GrowthCases {
  private static final int[] SIZES = {10, 10_000, 1_000_000};
  private static final int ROUNDS = 4;
  private static final int CAPACITY = 64 * 1024;
  private static final int PULLED = 10;

  /** The factor over the smallest space that still counts as the same. */
  private static final double FLAT = 1.2;

  private GrowthCases() {}

  static void records(Bench bench) throws Exception {
    List<TestUser> users = new ArrayList<>();
    for (int size : SIZES) {
      TestUser user = bench.server().server().newUser();
      Filling.fill(bench.server(), user, size);
      users.add(user);
    }
    bench.server().execute("ANALYZE records");
    // Pulls come first, because a push moves the cursor.
    pulls(bench, users);
    pushes(bench, users);
  }

  private static void pulls(Bench bench, List<TestUser> users) throws Exception {
    double smallest = 0;
    for (int i = 0; i < SIZES.length; i++) {
      PullCases.Load load =
          new PullCases.Load(List.of(users.get(i)), SIZES[i], SIZES[i] - PULLED, CAPACITY);
      load.measure(bench);
      double median = load.latencies.quantile(0.5);
      Row row =
          Row.of(
                  "growth.pull." + SIZES[i],
                  String.format(Locale.ROOT, "pull of the last 10 of %,d: median", SIZES[i]),
                  median,
                  "ms")
              .cost(load.usage, load.latencies.count(), "pull")
              .latencies(load.latencies);
      bench.report(i == 0 ? row : row.goal(new Goal("of 10", smallest, FLAT, false)));
      smallest = i == 0 ? median : smallest;
    }
  }

  private static void pushes(Bench bench, List<TestUser> users) throws Exception {
    List<PushLoad> loads = new ArrayList<>();
    List<Latencies> latencies = new ArrayList<>();
    try {
      for (TestUser user : users) {
        PushFrame frame = PushFrame.ofNew(Requests.map("space", user.personalSpace()), 1);
        RpcSocket socket = RpcSocket.open(bench.server().port(), user.token(), CAPACITY);
        loads.add(new PushLoad(List.of(Pusher.ofNew(socket, frame))));
        latencies.add(new Latencies());
        loads.getLast().run(bench.warmUp());
      }
      bench.server().checkpoint();
      Duration turn = bench.time().dividedBy(ROUNDS);
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SIZES.length; i++) {
          latencies.get(i).addAll(loads.get(i).run(turn));
        }
      }
    } finally {
      for (PushLoad load : loads) {
        load.close();
      }
    }
    double smallest = latencies.getFirst().quantile(0.5);
    for (int i = 0; i < SIZES.length; i++) {
      Row row =
          Row.of(
                  "growth.push." + SIZES[i],
                  String.format(Locale.ROOT, "push to a space of %,d records: median", SIZES[i]),
                  latencies.get(i).quantile(0.5),
                  "ms")
              .latencies(latencies.get(i));
      bench.report(i == 0 ? row : row.goal(new Goal("of 10", smallest, FLAT, false)));
    }
  }
}
