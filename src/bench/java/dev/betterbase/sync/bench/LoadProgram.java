package dev.betterbase.sync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Starts the packaged server with its embedded PostgreSQL on loopback, puts load on it, and prints
 * a table. Client and server share the machine: the figures are for comparing one build with
 * another on one machine. Takes about a minute.
 *
 * <p>{@code mvn -q -DskipTests package exec:exec@bench}
 */
public final class LoadProgram {
  private static final Duration WARM_UP = Duration.ofSeconds(4);
  private static final Duration MEASURED = Duration.ofSeconds(8);
  private static final int CONNECTIONS = 16;
  private static final int BLOB = 632;
  private static final int PULLED_RECORDS = 10_000;
  private static final int SUBSCRIBERS = 100;
  private static final int FANNED_OUT = 200;
  private static final Duration LONGEST = Duration.ofMinutes(2);

  private final TestIssuer issuer;
  private final ServerProcess server;
  private final PrintStream out;

  private LoadProgram(TestIssuer issuer, ServerProcess server, PrintStream out) {
    this.issuer = issuer;
    this.server = server;
    this.out = out;
  }

  /** Runs it all; takes no arguments. */
  public static void main(String[] arguments) throws Exception {
    try (TestIssuer issuer = TestIssuer.start()) {
      ServerProcess.Builder options =
          ServerProcess.builder().name("bench").heap("512m").with("TRUSTED_ISSUERS", issuer.url());
      long launched = System.nanoTime();
      try (ServerProcess server = options.start()) {
        long first = System.nanoTime() - launched;
        new LoadProgram(issuer, server, System.out).run(first);
      }
    }
  }

  private void run(long firstStart) throws Exception {
    out.printf(
        Locale.ROOT,
        "Java %s, %d processors, heap of the server 512 MiB%n%n",
        Runtime.version(),
        Runtime.getRuntime().availableProcessors());
    row("what", "figure", "");
    row("---", "---", "---");
    row("start to the first answer, empty folder", seconds(firstStart), "makes the database");
    server.stop();
    long launched = System.nanoTime();
    server.start();
    row("start to the first answer, later", seconds(System.nanoTime() - launched), "");
    TimeUnit.SECONDS.sleep(5);
    row("RSS idle, server", mebibytes(server.pid(), "status", "VmRSS"), "");
    row("PSS idle, PostgreSQL", postgresMemory(), "all its processes");
    pushes(1);
    pushes(CONNECTIONS);
    pull();
    fanOut();
    row("RSS after that, server", mebibytes(server.pid(), "status", "VmRSS"), "");
  }

  private void pushes(int connections) throws Exception {
    long start = System.nanoTime() + WARM_UP.toNanos();
    long end = start + MEASURED.toNanos();
    Latencies all = new Latencies();
    try (ExecutorService executor = Executors.newFixedThreadPool(connections)) {
      List<Future<Latencies>> clients = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        clients.add(executor.submit(() -> push(start, end)));
      }
      for (Future<Latencies> client : clients) {
        all.addAll(get(client));
      }
    }
    row(
        "pushes of one record, connections: " + connections + ", a space each",
        String.format(Locale.ROOT, "%,.0f/s", all.count() / (MEASURED.toMillis() / 1e3)),
        all.summary());
  }

  // One push after the other; counts those that began between start and end.
  private Latencies push(long start, long end) {
    TestUser user = TestUser.unknown(issuer);
    Latencies latencies = new Latencies();
    try (WireClient client = connect(user)) {
      for (long before = System.nanoTime(); before < end; before = System.nanoTime()) {
        Object change = Requests.put(Requests.newId(), 0, Requests.blob(BLOB), Requests.dek(0));
        succeed(client.request("push", Requests.push(user.personalSpace(), change)));
        if (before >= start) {
          latencies.add(System.nanoTime() - before);
        }
      }
    }
    return latencies;
  }

  private void pull() {
    TestUser user = TestUser.unknown(issuer);
    String space = user.personalSpace();
    try (WireClient client = connect(user)) {
      for (int i = 0; i < PULLED_RECORDS / 1_000; i++) {
        List<Object> changes = new ArrayList<>();
        for (int j = 0; j < 1_000; j++) {
          changes.add(Requests.put(Requests.newId(), 0, Requests.blob(BLOB), Requests.dek(0)));
        }
        succeed(client.request("push", Requests.push(space, changes)));
      }
      long start = System.nanoTime() + WARM_UP.toNanos();
      long end = start + MEASURED.toNanos();
      Latencies pulls = new Latencies();
      for (long before = System.nanoTime(); before < end; before = System.nanoTime()) {
        JsonNode result =
            client.await(client.start("pull", Requests.pull(space, 0)), chunk -> {}).ok();
        if (result.get("_chunks").intValue() != PULLED_RECORDS + 2) {
          throw new IllegalStateException("pulled " + result);
        }
        if (before >= start) {
          pulls.add(System.nanoTime() - before);
        }
      }
      row(
          "records of a 10,000-record pull",
          String.format(
              Locale.ROOT, "%,.0f/s", PULLED_RECORDS * pulls.count() / pulls.totalSeconds()),
          pulls.summary() + " for the whole");
    }
  }

  // From the sending of a push to its arrival at each subscriber.
  private void fanOut() throws Exception {
    TestUser user = TestUser.unknown(issuer);
    String space = user.personalSpace();
    Latencies all = new Latencies();
    CountDownLatch subscribed = new CountDownLatch(SUBSCRIBERS);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        WireClient pusher = connect(user)) {
      List<Future<Latencies>> subscribers = new ArrayList<>();
      for (int i = 0; i < SUBSCRIBERS; i++) {
        subscribers.add(executor.submit(() -> receive(user.withOwnMailbox(), subscribed)));
      }
      if (!subscribed.await(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all have subscribed");
      }
      for (int i = 0; i < FANNED_OUT; i++) {
        byte[] blob = ByteBuffer.allocate(BLOB).putLong(System.nanoTime()).array();
        succeed(
            pusher.request("push", Requests.push(space, Requests.put(Requests.newId(), 0, blob))));
        TimeUnit.MILLISECONDS.sleep(20);
      }
      for (Future<Latencies> subscriber : subscribers) {
        all.addAll(get(subscriber));
      }
    }
    row(
        "fan-out to " + SUBSCRIBERS + " subscribers, 1 pusher",
        all.count() + " of " + SUBSCRIBERS * FANNED_OUT,
        all.summary());
  }

  private Latencies receive(TestUser user, CountDownLatch subscribed) {
    Latencies latencies = new Latencies();
    try (WireClient client = connect(user)) {
      client.request("subscribe", Requests.subscribe(user.personalSpace(), 0)).ok();
      subscribed.countDown();
      for (int i = 0; i < FANNED_OUT; i++) {
        JsonNode sync = client.expectNotification("sync");
        long now = System.nanoTime();
        latencies.add(now - ByteBuffer.wrap(bytes(sync.at("/records/0/blob"))).getLong());
      }
    }
    return latencies;
  }

  private WireClient connect(TestUser user) {
    return WireClient.open(server.port()).authenticate(user.token());
  }

  private static void succeed(WireClient.Reply reply) {
    if (!reply.ok().get("ok").booleanValue()) {
      throw new IllegalStateException("push refused: " + reply.result());
    }
  }

  private static Latencies get(Future<Latencies> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(LONGEST.toSeconds(), TimeUnit.SECONDS);
  }

  private static byte[] bytes(JsonNode node) {
    try {
      return node.binaryValue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String postgresMemory() {
    return server
        .postmaster()
        .map(
            postmaster ->
                Stream.concat(Stream.of(postmaster), postmaster.descendants())
                    .mapToLong(process -> kibibytes(process.pid(), "smaps_rollup", "Pss"))
                    .sum())
        .map(sum -> sum / 1_024 + " MiB")
        .orElse("unknown");
  }

  private static String mebibytes(long pid, String file, String field) {
    return kibibytes(pid, file, field) / 1_024 + " MiB";
  }

  // Linux tells it in /proc; elsewhere it is 0.
  private static long kibibytes(long pid, String file, String field) {
    Path path = Path.of("/proc", Long.toString(pid), file);
    try (Stream<String> lines = Files.lines(path)) {
      return lines
          .filter(line -> line.startsWith(field + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
  }

  private void row(String what, String figure, String more) {
    out.printf(Locale.ROOT, "| %-52s | %-12s | %s |%n", what, figure, more);
  }
}
