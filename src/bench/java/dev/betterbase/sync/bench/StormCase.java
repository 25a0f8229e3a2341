package dev.betterbase.sync.bench;

import dev.betterbase.sync.launcher.boot.OpenFiles;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Everybody comes back: {@code -Dbench.clients} clients (10,000 by default), each with its personal
 * space and two shared ones, connect within ten seconds to a server that has just been started.
 * Each client has been there before, so its mailbox and its spaces exist. A bystander was the first
 * to connect and pushes twenty times a second.
 */
final class StormCase {
  private static final int CLIENTS = Integer.getInteger("bench.clients", 10_000);
  private static final Duration ARRIVAL = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** Members of each shared space, at most. */
  private static final int MEMBERS = 20;

  private static final int SHARED_SPACES_EACH = 2;

  /** Files and sockets of a process that are no connections of clients. */
  private static final int OTHER_FILES = 1_000;

  private static final int ADDRESSES = 8;
  private static final int PUSHES_A_SECOND = 20;
  private static final int CAPACITY = 4_096;

  private final BenchServer server;
  private final List<ReturningClient> clients;
  private final RandomGenerator random = RandomGenerator.getDefault();

  /** The tries that failed, by what happened. */
  private final Map<String, Integer> failures = new TreeMap<>();

  private StormCase(BenchServer server, int count) throws IOException {
    this.server = server;
    this.clients = clients(server, count);
  }

  static List<Row> run(ColdCases.Start start) throws Exception {
    long most = OpenFiles.limit().orElse(Long.MAX_VALUE) - OTHER_FILES;
    int count = (int) Math.min(CLIENTS, most);
    try (BenchServer server = start.server()) {
      StormCase storm = new StormCase(server, count);
      storm.comeBack(Duration.ofSeconds(count / 500));
      storm.failures.clear();
      server.restart();
      return storm.measured(count < CLIENTS ? "; no more, by ulimit -n" : "");
    }
  }

  private List<Row> measured(String limited) throws Exception {
    TestUser user = server.server().newUser().withOwnMailbox();
    PushFrame frame = PushFrame.ofNew(Requests.map("space", user.personalSpace()), 1);
    Usage before = server.usage();
    try (ExecutorService thread = Executors.newSingleThreadExecutor();
        RpcSocket socket = RpcSocket.open(server.port(), user.token(), CAPACITY)) {
      Bystander bystander = new Bystander(socket, frame);
      Future<Latencies> pushes = thread.submit(bystander);
      Latencies untilInSync;
      double seconds;
      try {
        long begun = System.nanoTime();
        untilInSync = comeBack(ARRIVAL);
        seconds = (System.nanoTime() - begun) / 1e9;
      } finally {
        bystander.stopped = true;
      }
      Usage usage = server.usage().since(before);
      Latencies pushed = pushes.get();
      int failed = failures.values().stream().mapToInt(Integer::intValue).sum();
      return List.of(
          Row.of(
                  "storm",
                  String.format(
                      Locale.ROOT,
                      "storm: %,d clients with 3 spaces come back, all in sync after",
                      clients.size()),
                  seconds,
                  "s")
              .cost(usage, clients.size(), "client")
              .latencies(untilInSync)
              .note("a client from its first try until it is in sync" + limited),
          Row.of("storm.errors", "  tries that failed", failed, "tries").note(what()),
          Row.of("storm.rss", "  highest RSS", server.resident("VmHWM"), "MB"),
          Row.of("storm.bystander", "  a bystander's pushes, p99", pushed.quantile(0.99), "ms")
              .latencies(pushed));
    }
  }

  private String what() {
    return failures.entrySet().stream()
        .map(each -> each.getKey() + ": " + each.getValue())
        .collect(Collectors.joining("; "));
  }

  private static List<ReturningClient> clients(BenchServer server, int count) {
    int shared = Math.max(SHARED_SPACES_EACH, SHARED_SPACES_EACH * count / MEMBERS);
    List<SharedSpace> spaces =
        IntStream.range(0, shared)
            .parallel()
            .mapToObj(number -> SharedSpace.create(server.server()))
            .toList();
    return IntStream.range(0, count)
        .parallel()
        .mapToObj(number -> client(server, number, spaces))
        .toList();
  }

  private static ReturningClient client(BenchServer server, int number, List<SharedSpace> spaces) {
    TestUser user = server.server().newUser().withOwnMailbox();
    TestKey key = TestKey.create();
    List<Object> wanted = new ArrayList<>();
    wanted.add(Requests.map("id", user.personalSpace(), "since", 0));
    for (int i = 0; i < SHARED_SPACES_EACH; i++) {
      SharedSpace space = spaces.get((SHARED_SPACES_EACH * number + i) % spaces.size());
      SharedSpace.Member admin = space.admin();
      String ucan =
          admin.key().ucan().to(key).on(space.id()).allows("write").under(admin.ucan()).sign();
      wanted.add(Requests.map("id", space.id(), "since", 0, "ucan", ucan));
    }
    Map<String, Object> params = Requests.map("spaces", wanted);
    String token = user.issuer().token().of(user).claim("did", key.did()).sign();
    return new ReturningClient(
        RpcSocket.auth(token),
        RpcSocket.request("subscribe", params),
        RpcSocket.request("pull", params));
  }

  /** Has all clients come back within this time; returns how long each took to be in sync. */
  private Latencies comeBack(Duration within) throws IOException {
    Latencies latencies = new Latencies();
    PriorityQueue<ReturningClient> away =
        new PriorityQueue<>(Comparator.comparingLong(client -> client.nextAt));
    long begun = System.nanoTime();
    for (ReturningClient client : clients) {
      client.comeBackAt(begun + (long) (random.nextDouble() * within.toNanos()));
      away.add(client);
    }
    try (Selector selector = Selector.open()) {
      while (latencies.count() < clients.size()) {
        if (System.nanoTime() - begun > LONGEST.toNanos()) {
          throw new IOException(latencies.count() + " clients are in sync; " + what());
        }
        connectThoseDue(away, selector);
        selector.select(1);
        for (SelectionKey key : selector.selectedKeys()) {
          ReturningClient client = (ReturningClient) key.attachment();
          boolean before = client.isInSync();
          try {
            client.ready(key, server.port());
          } catch (IOException e) {
            failed(client, e, away);
          }
          if (!before && client.isInSync()) {
            latencies.add(System.nanoTime() - client.firstAt);
          }
        }
        selector.selectedKeys().clear();
      }
    } finally {
      for (ReturningClient client : clients) {
        client.close();
      }
    }
    return latencies;
  }

  private void connectThoseDue(PriorityQueue<ReturningClient> away, Selector selector)
      throws IOException {
    while (!away.isEmpty() && away.peek().nextAt <= System.nanoTime()) {
      ReturningClient client = away.remove();
      // The ports of one address might not be enough.
      byte last = (byte) (30 + random.nextInt(ADDRESSES));
      try {
        client.connect(
            server.port(), InetAddress.getByAddress(new byte[] {127, 0, 0, last}), selector);
      } catch (IOException e) {
        failed(client, e, away);
      }
    }
  }

  private void failed(ReturningClient client, IOException why, PriorityQueue<ReturningClient> away)
      throws IOException {
    if (client.isInSync()) {
      throw new IOException("a client that was in sync lost its connection", why);
    }
    failures.merge(String.valueOf(why.getMessage()), 1, Integer::sum);
    client.tryLater(random);
    away.add(client);
  }

  /** Pushes at a fixed rate and waits for each reply. */
  private static final class Bystander implements Callable<Latencies> {
    private final RpcSocket socket;
    private final PushFrame frame;
    private volatile boolean stopped;

    Bystander(RpcSocket socket, PushFrame frame) {
      this.socket = socket;
      this.frame = frame;
    }

    @Override
    public Latencies call() throws IOException, InterruptedException {
      Latencies latencies = new Latencies();
      long next = System.nanoTime();
      while (!stopped) {
        long sent = System.nanoTime();
        ByteBuffer push = frame.withNewIds();
        socket.send(push);
        socket.result();
        latencies.add(System.nanoTime() - sent);
        next += 1_000_000_000L / PUSHES_A_SECOND;
        Thread.sleep(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
      }
      return latencies;
    }
  }
}
