package dev.betterbase.sync.cluster;

import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the bus between nodes costs: the processor time of a push with one, two and three packaged
 * nodes on one database, and the time until a push is seen on another node, with the bus and by
 * polling. Nobody is subscribed while the processor time of a push is measured. Then come what a
 * delivery adds on the node that is pushed to and on another one, and the move of a space.
 */
public final class BusCost {
  private static final int PUSHES = 10_000;
  private static final int IN_FLIGHT = 16;
  private static final int SEEN = 1_000;
  private static final int POLLED = 5;
  private static final int DELIVERED = 4_000;
  private static final int LISTENERS = 40;
  private static final Duration POLL_LIMIT = Duration.ofSeconds(40);

  private final TestPostgres postgres;
  private final TestIssuer issuer = TestIssuer.start();

  private BusCost(TestPostgres postgres) {
    this.postgres = postgres;
  }

  /** Runs it, and prints two tables. */
  public static void main(String[] arguments) throws Exception {
    try (TestPostgres postgres = TestPostgres.start()) {
      var cost = new BusCost(postgres);
      System.out.println("processor time of a push of 512 bytes, microseconds: the node, another");
      cost.pushes(1, "none");
      cost.pushes(1, "hazelcast");
      cost.pushes(2, "hazelcast");
      cost.pushes(3, "hazelcast");
      System.out.println("until a push is seen on another node, microseconds: median, 99th of 100");
      cost.seen("hazelcast", SEEN);
      cost.seen("none", POLLED);
      cost.deliveries();
      new MoveCost(postgres).measure();
    }
    System.exit(0);
  }

  private List<ServerProcess> start(int number, String cluster) {
    String database = postgres.newDatabase().url();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      ports.add(Ports.free());
    }
    String members = String.join(",", ports.stream().map(port -> "127.0.0.1:" + port).toList());
    List<ServerProcess> nodes = new ArrayList<>();
    for (int port : ports) {
      nodes.add(
          ServerProcess.builder()
              .name("bus")
              .heap("512m")
              .jvmAsShipped()
              .with("DATABASE_URL", database)
              .with("TRUSTED_ISSUERS", issuer.url())
              .with("CLUSTER", cluster)
              .with("CLUSTER_LISTEN_ADDR", "127.0.0.1:" + port)
              .with("CLUSTER_MEMBERS", members)
              .with("CLUSTER_SECRET", "what only the nodes of this measurement know")
              .start());
    }
    return nodes;
  }

  private static void push(WireClient client, TestUser user, int number) {
    var inFlight = new ArrayDeque<String>();
    for (int i = 0; i < number; i++) {
      inFlight.add(client.start("push", params(user)));
      if (inFlight.size() == IN_FLIGHT) {
        client.await(inFlight.remove()).ok();
      }
    }
    inFlight.forEach(id -> client.await(id).ok());
  }

  private static Map<String, Object> params(TestUser user) {
    var change = Requests.put(Requests.newId(), 0, Requests.blob(512));
    return Requests.map("space", user.personalSpace(), "changes", List.of(change));
  }

  private static long processorMicros(ServerProcess node) {
    return ProcessHandle.of(node.pid())
            .flatMap(process -> process.info().totalCpuDuration())
            .orElseThrow()
            .toNanos()
        / 1_000;
  }

  private void pushes(int number, String cluster) throws InterruptedException {
    List<ServerProcess> nodes = start(number, cluster);
    TestUser user = TestUser.unknown(issuer).withOwnMailbox();
    try (WireClient client = WireClient.open(nodes.getFirst().port()).authenticate(user.token())) {
      push(client, user, PUSHES);
      // What the JVM compiles in the background, and the work of an idle node, do not belong to it.
      Thread.sleep(Duration.ofSeconds(5));
      long[] before = nodes.stream().mapToLong(BusCost::processorMicros).toArray();
      Thread.sleep(Duration.ofSeconds(10));
      long[] idle = nodes.stream().mapToLong(BusCost::processorMicros).toArray();
      long began = System.nanoTime();
      push(client, user, PUSHES);
      double tens = (System.nanoTime() - began) / 1e10;
      long[] after = nodes.stream().mapToLong(BusCost::processorMicros).toArray();
      double[] each = new double[number];
      for (int i = 0; i < number; i++) {
        each[i] = (after[i] - idle[i] - tens * (idle[i] - before[i])) / PUSHES;
      }
      System.out.printf(
          "%d nodes, CLUSTER=%-9s %8.1f %8.1f%n",
          number, cluster, each[0], Arrays.stream(each).skip(1).average().orElse(0));
    }
    nodes.forEach(ServerProcess::close);
  }

  /** The processor time that each node spends while records are pushed to the first. */
  private static double[] spent(List<ServerProcess> nodes, Runnable pushes) {
    long[] before = nodes.stream().mapToLong(BusCost::processorMicros).toArray();
    pushes.run();
    double[] spent = new double[nodes.size()];
    for (int i = 0; i < spent.length; i++) {
      spent[i] = processorMicros(nodes.get(i)) - before[i];
    }
    return spent;
  }

  /** With listeners on one node, before and after as many pushes without them. */
  private void deliveries() {
    System.out.println("processor time of a delivery, microseconds: the node, another");
    List<ServerProcess> nodes = start(2, "hazelcast");
    TestUser user = TestUser.unknown(issuer).withOwnMailbox();
    try (WireClient client = WireClient.open(nodes.getFirst().port()).authenticate(user.token())) {
      Runnable pushes = () -> push(client, user, DELIVERED);
      try (var near = new Listeners(nodes.getFirst(), user, LISTENERS);
          var far = new Listeners(nodes.getLast(), user, LISTENERS)) {
        pushes.run();
        if (near.frames() == 0 || far.frames() == 0) {
          throw new IllegalStateException("nothing is delivered");
        }
      }
      for (int round = 1; round <= 2; round++) {
        double[] each = new double[2];
        for (int number = 0; number < 2; number++) {
          double before = spent(nodes, pushes)[number];
          double with;
          long frames;
          try (var listeners = new Listeners(nodes.get(number), user, LISTENERS)) {
            with = spent(nodes, pushes)[number];
            frames = listeners.frames();
          }
          double after = spent(nodes, pushes)[number];
          each[number] = (with - (before + after) / 2) / frames;
        }
        System.out.printf("round %d %8.1f %8.1f%n", round, each[0], each[1]);
      }
    }
    nodes.forEach(ServerProcess::close);
  }

  private void seen(String cluster, int number) {
    List<ServerProcess> nodes = start(2, cluster);
    TestUser user = TestUser.unknown(issuer).withOwnMailbox();
    try (WireClient pusher = WireClient.open(nodes.getFirst().port()).authenticate(user.token());
        WireClient watcher = WireClient.open(nodes.getLast().port()).authenticate(user.token())) {
      watcher.request("subscribe", Requests.subscribe(user.personalSpace(), 0)).ok();
      long[] nanos = new long[number];
      int warmUp = number / 5;
      for (int i = -warmUp; i < number; i++) {
        long began = System.nanoTime();
        String id = pusher.start("push", params(user));
        if (watcher.pollNotification("sync", POLL_LIMIT).isEmpty()) {
          throw new IllegalStateException("not seen within " + POLL_LIMIT);
        }
        if (i >= 0) {
          nanos[i] = System.nanoTime() - began;
        }
        pusher.await(id).ok();
      }
      Arrays.sort(nanos);
      System.out.printf(
          "CLUSTER=%-9s %9d %9d%n",
          cluster, nanos[number / 2] / 1_000, nanos[number * 99 / 100] / 1_000);
    }
    nodes.forEach(ServerProcess::close);
  }
}
