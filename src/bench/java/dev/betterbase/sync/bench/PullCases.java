package dev.betterbase.sync.bench;

import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Pulls, where each connection pulls its own space again and again. */
final class PullCases {
  /** The chunks of a pull of one space that are not records: pull.begin and pull.commit. */
  private static final int FRAMING = 2;

  private static final Duration LONGEST = Duration.ofSeconds(60);

  private PullCases() {}

  /** Whole spaces of 10,000 records. */
  static void whole(Bench bench) throws Exception {
    int records = 10_000;
    Load load = new Load(filled(bench.server(), 4, records), records, 0, 256 * 1024);
    load.measure(bench);
    double pulled = (double) load.latencies.count() * records;
    bench.report(
        Row.of(
                "pull.whole",
                "pull of 10,000 records, 4 connections",
                pulled / load.usage.wall(),
                "/s")
            .goal(Goal.atLeast(250_000))
            .cost(load.usage, pulled, "record")
            .latencies(load.latencies)
            .note("for the whole"));
  }

  /** The last records of larger spaces. */
  static void tail(Bench bench) throws Exception {
    int records = 20_000;
    Load load = new Load(filled(bench.server(), 8, records), records, records - 10, 64 * 1024);
    load.measure(bench);
    bench.report(
        Row.of(
                "pull.tail",
                "pull of the last 10 of 20,000 records, 8 connections: median",
                load.latencies.quantile(0.5),
                "ms")
            .goal(Goal.atMost(1.5))
            .cost(load.usage, load.latencies.count(), "pull")
            .latencies(load.latencies)
            .note("%,.0f/s".formatted(load.latencies.count() / load.usage.wall())));
  }

  /** New persons with this number of records in the space of each. */
  static List<TestUser> filled(BenchServer server, int people, int records) throws Exception {
    List<TestUser> users = new ArrayList<>();
    for (int i = 0; i < people; i++) {
      TestUser user = server.server().newUser();
      Filling.fill(server, user, records);
      users.add(user);
    }
    return users;
  }

  /** Connections that pull at once, driven by the calling thread. */
  static final class Load {
    private final List<TestUser> users;
    private final int records;
    private final long since;
    private final int capacity;
    private final List<ByteBuffer> requests = new ArrayList<>();
    final Latencies latencies = new Latencies();
    Usage usage = Usage.NONE;

    /**
     * @param users the persons whose spaces are pulled, one connection each
     * @param records the records in each space, each of which was pushed by itself
     * @param capacity bytes read at once
     */
    Load(List<TestUser> users, int records, long since, int capacity) {
      this.users = users;
      this.records = records;
      this.since = since;
      this.capacity = capacity;
    }

    void measure(Bench bench) throws Exception {
      measure(bench.server(), bench.warmUp(), bench.time());
    }

    /**
     * @param warmUp the time for which the pulls run before they are measured
     */
    void measure(BenchServer server, Duration warmUp, Duration time) throws Exception {
      List<RpcSocket> sockets = new ArrayList<>();
      try (Selector selector = Selector.open()) {
        for (TestUser user : users) {
          RpcSocket socket = RpcSocket.open(server.port(), user.token(), capacity);
          sockets.add(socket);
          requests.add(RpcSocket.request("pull", Requests.pull(user.personalSpace(), since)));
          socket.register(selector, new Reader(requests.size() - 1, socket, records - since));
        }
        if (warmUp.isPositive()) {
          run(selector, warmUp, new Latencies());
        }
        server.checkpoint();
        Usage before = server.usage();
        run(selector, time, latencies);
        usage = server.usage().since(before);
      } finally {
        for (RpcSocket socket : sockets) {
          socket.close();
        }
      }
    }

    private void run(Selector selector, Duration time, Latencies into) throws IOException {
      long end = System.nanoTime() + time.toNanos();
      for (SelectionKey key : selector.keys()) {
        ((Reader) key.attachment()).begin(requests);
      }
      int underWay = users.size();
      while (underWay > 0) {
        if (selector.select(LONGEST.toMillis()) == 0) {
          throw new IOException("a pull does not end");
        }
        for (SelectionKey key : selector.selectedKeys()) {
          Reader reader = (Reader) key.attachment();
          reader.socket.receive(reader);
          if (reader.isDone()) {
            long now = System.nanoTime();
            into.add(now - reader.sentAt);
            if (now < end) {
              reader.begin(requests);
            } else {
              underWay--;
            }
          }
        }
        selector.selectedKeys().clear();
      }
    }
  }

  /** Counts the chunks of a pull and compares the count with the final result. */
  private static final class Reader implements RpcSocket.Messages {
    private final int number;
    private final RpcSocket socket;
    private final long wanted;
    private long sentAt;
    private long chunks;
    private boolean done;

    Reader(int number, RpcSocket socket, long wanted) {
      this.number = number;
      this.socket = socket;
      this.wanted = wanted;
    }

    void begin(List<ByteBuffer> requests) throws IOException {
      chunks = 0;
      done = false;
      sentAt = System.nanoTime();
      socket.send(requests.get(number));
    }

    boolean isDone() {
      return done;
    }

    // A chunk is {type: 3, …, as the server writes it: the type is the seventh byte.
    @Override
    public void message(ByteBuffer payload) throws IOException {
      if (payload.get(6) == 3) {
        chunks++;
        return;
      }
      long told = RpcSocket.decode(payload).at("/result/_chunks").asLong(-1);
      if (told != wanted + FRAMING || chunks != told) {
        throw new IOException(
            "a pull of %,d records ended after %,d chunks; it says %,d"
                .formatted(wanted, chunks, told));
      }
      done = true;
    }
  }
}
