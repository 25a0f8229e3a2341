package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Connections that come and go, and connections that stay. */
final class ConnectCases {
  private static final int AT_ONCE = 8;
  private static final int PEOPLE = 4_096;
  private static final int IDLE = 5_000;
  private static final int CAPACITY = 1_024;

  private ConnectCases() {}

  /** The frames of a person, made before the measurement. */
  record Person(ByteBuffer auth, ByteBuffer subscribe) {
    static Person unknown(BenchServer server) {
      return of(server.server().newUser());
    }

    static Person of(TestUser user) {
      return new Person(
          RpcSocket.auth(user.token()),
          RpcSocket.request("subscribe", Requests.subscribe(user.personalSpace(), 0)));
    }
  }

  /** Connects, authenticates, sends a request and disconnects, eight at a time. */
  static void connect(Bench bench) throws Exception {
    List<Person> people = new ArrayList<>();
    for (int i = 0; i < PEOPLE; i++) {
      people.add(Person.unknown(bench.server()));
    }
    Latencies latencies = new Latencies();
    run(bench.server().port(), people, bench.warmUp());
    Usage before = bench.server().usage();
    latencies.addAll(run(bench.server().port(), people, bench.time()));
    Usage usage = bench.server().usage().since(before);
    bench.report(
        Row.of(
                "connect",
                "connect + auth + first answer, 8 at a time",
                latencies.count() / (bench.time().toMillis() / 1e3),
                "/s")
            .goal(Goal.atLeast(2_500))
            .cost(usage, latencies.count(), "connection")
            .latencies(latencies));
  }

  /** Connects these persons one after another, from the first again at the end of the list. */
  static Latencies run(int port, List<Person> people, Duration time) throws Exception {
    ByteBuffer request = RpcSocket.request("subscribe", Requests.map("spaces", List.of()));
    long end = System.nanoTime() + time.toNanos();
    Latencies all = new Latencies();
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      List<Future<Latencies>> running = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        int number = i;
        running.add(threads.submit(() -> connect(port, number, people, end, request)));
      }
      for (Future<Latencies> each : running) {
        all.addAll(each.get(time.toSeconds() + 60, TimeUnit.SECONDS));
      }
    }
    return all;
  }

  private static Latencies connect(
      int port, int number, List<Person> people, long end, ByteBuffer request) throws IOException {
    Latencies latencies = new Latencies();
    InetAddress from = ownAddress(number);
    ByteBuffer ask = request.duplicate();
    for (int i = number; ; i = (i + AT_ONCE) % people.size()) {
      long before = System.nanoTime();
      try (RpcSocket socket = RpcSocket.open(port, from, CAPACITY)) {
        socket.send(people.get(i).auth());
        socket.send(ask);
        socket.result();
      }
      long now = System.nanoTime();
      if (now >= end) {
        return latencies;
      }
      latencies.add(now - before);
    }
  }

  // The ports of one address would be used up within seconds.
  private static InetAddress ownAddress(int number) throws UnknownHostException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (10 + number)});
  }

  /** The heap that a connection subscribed to its own space takes. */
  static void idle(Bench bench) throws Exception {
    List<RpcSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < AT_ONCE; i++) {
        sockets.add(subscribed(bench.server()));
      }
      long before = LiveHeap.bytes(bench.server().pid());
      for (int i = 0; i < IDLE; i++) {
        sockets.add(subscribed(bench.server()));
      }
      long after = LiveHeap.bytes(bench.server().pid());
      bench.report(
          Row.of(
                  "memory.idle-connection",
                  "live heap of an idle subscribed connection, 5,000 of them",
                  (after - before) / 1e3 / IDLE,
                  "kB")
              .goal(Goal.atMost(20)));
    } finally {
      for (RpcSocket socket : sockets) {
        socket.close();
      }
    }
  }

  private static RpcSocket subscribed(BenchServer server) throws IOException {
    Person person = Person.unknown(server);
    RpcSocket socket = RpcSocket.open(server.port(), InetAddress.getLoopbackAddress(), CAPACITY);
    socket.send(person.auth());
    socket.send(person.subscribe());
    if (!socket.result().path("errors").isEmpty()) {
      throw new IOException("not subscribed");
    }
    return socket;
  }
}
