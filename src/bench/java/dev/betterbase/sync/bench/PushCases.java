package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Pushes to personal spaces, to shared ones, and over existing records, with a space for each
 * connection. The cases and the limit take turns of a second or two, so that other load on the
 * machine affects all of them alike.
 */
final class PushCases {
  private static final int ROUNDS = 4;
  private static final int UPDATED_RECORDS = 1_000;
  private static final int CAPACITY = 4_096;

  /** Sizes of the pool that are compared; a migration alone takes up to four connections. */
  private static final int[] POOLS = {4, 8, 20, 40};

  /** How long the memory is watched, unless the run is short. */
  private static final long LONGEST_SECONDS = 60;

  private final Bench bench;
  private final String shape;
  private final int connections;
  private final int records;

  private PushCases(Bench bench, String shape, int connections, int records) {
    this.bench = bench;
    this.shape = shape;
    this.connections = connections;
    this.records = records;
  }

  /** One record a push, over 16 connections. */
  static void many(Bench bench) throws Exception {
    PushCases cases = new PushCases(bench, "push.many", 16, 1);
    try (Turn personal = cases.personal();
        Turn shared = cases.shared();
        Turn update = cases.update()) {
      Limit limit = cases.measure(personal, shared, update);
      cases.limitRow(limit);
      Row row =
          personal
              .row("push of 1 record, 16 connections in 16 spaces")
              .goal(new Goal("L", limit.rate(), 0.8, true));
      bench.report(row);
      bench.report(
          Row.of("push.many.p99", "  its p99", personal.latencies.quantile(0.99), "ms")
              .goal(new Goal("mean of L", limit.latencies().mean(), 8, false)));
      bench.report(
          shared.row("  the same in shared spaces, depth-2 UCAN").goal(personal.share(0.85)));
      bench.report(update.row("  update of existing records").goal(personal.share(0.85)));
    }
  }

  /** One record a push, over one connection. */
  static void one(Bench bench) throws Exception {
    PushCases cases = new PushCases(bench, "push.one", 1, 1);
    try (Turn personal = cases.personal();
        Turn shared = cases.shared()) {
      Limit limit = cases.measure(personal, shared);
      cases.limitRow(limit);
      bench.report(
          personal
              .medianRow("push of 1 record, 1 connection: median")
              .goal(new Goal("median of L", limit.latencies().quantile(0.5), 2, false)));
      bench.report(
          shared
              .medianRow("  the same in a shared space, depth-2 UCAN")
              .goal(new Goal("personal", personal.latencies.quantile(0.5), 1 / 0.85, false)));
    }
  }

  /** A hundred records a push, over 8 connections. */
  static void bulk(Bench bench) throws Exception {
    PushCases cases = new PushCases(bench, "push.bulk", 8, 100);
    try (Turn personal = cases.personal();
        Turn shared = cases.shared()) {
      Limit limit = cases.measure(personal, shared);
      cases.limitRow(limit);
      bench.report(
          personal
              .row("push of 100 records, 8 connections")
              .goal(new Goal("L", limit.rate() * cases.records, 0.6, true)));
      bench.report(
          shared.row("  the same in shared spaces, depth-2 UCAN").goal(personal.share(0.85)));
    }
  }

  /** The memory of the server after a minute of the pushes of {@link #many}. */
  static void memory(Bench bench) throws Exception {
    PushCases cases = new PushCases(bench, "memory", 16, 1);
    Duration time = Duration.ofSeconds(Math.min(LONGEST_SECONDS, 8 * bench.time().toSeconds()));
    try (Turn personal = cases.personal()) {
      Latencies latencies = personal.load.run(time);
      Row row =
          Row.of(
                  "memory.push",
                  "RSS after " + time.toSeconds() + " s of pushes",
                  bench.server().resident("VmRSS"),
                  "MB")
              .note(
                  String.format(
                      Locale.ROOT,
                      "%,d pushes; at most %.0f MB",
                      latencies.count(),
                      bench.server().resident("VmHWM")));
      bench.report(time.toSeconds() == LONGEST_SECONDS ? row.goal(Goal.atMost(450)) : row);
    }
  }

  /**
   * One record a push over many connections, for several sizes of the pool. Each runs on its own
   * server with a longer warm-up, because the results are compared with one another.
   */
  static void pools(Bench bench) throws Exception {
    for (int size : POOLS) {
      try (BenchServer server = BenchServer.withPool(size)) {
        PushCases cases = new PushCases(bench.on(server), "pool." + size, 64, 1);
        try (Turn personal = cases.personal()) {
          personal.load.run(bench.warmUp().multipliedBy(3));
          server.checkpoint();
          personal.run(bench.time());
          bench.report(personal.row("push of 1 record, 64 connections, a pool of " + size));
        }
      }
    }
  }

  private Turn personal() throws IOException {
    List<Pusher> pushers = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      TestUser user = bench.server().server().newUser();
      Map<String, Object> space = Requests.map("space", user.personalSpace());
      pushers.add(Pusher.ofNew(open(user.token()), PushFrame.ofNew(space, records)));
    }
    return new Turn("personal", pushers);
  }

  // Root to admin to writer: two tokens.
  private Turn shared() throws IOException {
    List<Pusher> pushers = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      Member writer = SharedSpace.create(bench.server().server()).invite("write");
      PushFrame frame = PushFrame.ofNew(writer.params(), records);
      pushers.add(Pusher.ofNew(open(writer.token()), frame));
    }
    return new Turn("shared", pushers);
  }

  private Turn update() throws IOException {
    List<Pusher> pushers = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      TestUser user = bench.server().server().newUser();
      RpcSocket socket = open(user.token());
      long[] written = new long[UPDATED_RECORDS];
      List<Object> changes = new ArrayList<>();
      for (int number = 0; number < written.length; number++) {
        String id = PushFrame.id(number).toString();
        changes.add(Requests.put(id, 0, Requests.blob(PushFrame.BLOB), Requests.dek(1)));
      }
      Map<String, Object> params = Requests.push(user.personalSpace(), changes);
      long cursor = socket.ask("push", params).path("cursor").asLong();
      java.util.Arrays.fill(written, cursor);
      Map<String, Object> space = Requests.map("space", user.personalSpace());
      pushers.add(Pusher.ofUpdates(socket, PushFrame.ofUpdate(space), written));
    }
    return new Turn("update", pushers);
  }

  private RpcSocket open(String token) throws IOException {
    return RpcSocket.open(bench.server().port(), token, CAPACITY);
  }

  /** All of them in turn, and the limit. */
  private Limit measure(Turn... turns) throws Exception {
    for (Turn turn : turns) {
      turn.load.run(bench.warmUp());
    }
    Duration time = bench.time().dividedBy(ROUNDS);
    time = time.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : time;
    long rounds = Math.max(1, bench.time().dividedBy(time));
    bench.server().checkpoint();
    Limit limit = bench.limit().run(connections, records, time);
    for (int round = 0; round < rounds; round++) {
      for (Turn turn : turns) {
        turn.run(time);
      }
      limit = limit.plus(bench.limit().run(connections, records, time));
    }
    return limit;
  }

  private void limitRow(Limit limit) {
    bench.report(
        Row.of(
                shape + ".limit",
                "L: the function alone, connections: " + connections + ", records: " + records,
                limit.rate() * records,
                "/s")
            .cost(limit.usage(), (double) limit.latencies().count() * records, "record")
            .latencies(limit.latencies())
            .note(
                String.format(
                    Locale.ROOT, "%s, mean %.2f ms", limit.by(), limit.latencies().mean())));
  }

  /** One kind of push. */
  private final class Turn implements AutoCloseable {
    private final String name;
    private final PushLoad load;
    private final Latencies latencies = new Latencies();
    private double seconds;
    private Usage usage = Usage.NONE;

    Turn(String name, List<Pusher> pushers) throws IOException {
      this.name = name;
      this.load = new PushLoad(pushers);
    }

    void run(Duration time) throws IOException {
      Usage before = bench.server().usage();
      latencies.addAll(load.run(time));
      usage = usage.plus(bench.server().usage().since(before));
      seconds += time.toMillis() / 1e3;
    }

    double rate() {
      return latencies.count() * records / seconds;
    }

    Goal share(double factor) {
      return new Goal(name, rate(), factor, true);
    }

    Row row(String what) {
      return detailed(Row.of(shape + "." + name, what, rate(), "/s"));
    }

    Row medianRow(String what) {
      return detailed(Row.of(shape + "." + name, what, latencies.quantile(0.5), "ms"))
          .note(String.format(Locale.ROOT, "%,.0f/s", rate()));
    }

    private Row detailed(Row row) {
      double units = (double) latencies.count() * records;
      return row.cost(usage, units, "record").latencies(latencies);
    }

    @Override
    public void close() throws IOException {
      load.close();
    }
  }
}
