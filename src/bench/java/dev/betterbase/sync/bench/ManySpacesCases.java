package dev.betterbase.sync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** A person with a thousand shared spaces and a separate UCAN for each. */
final class ManySpacesCases implements AutoCloseable {
  private static final int SPACES = 1_000;

  /** Signatures that the server verifies for the first time in one call (methods.md, subscribe). */
  private static final int UNSEEN_AT_ONCE = 200;

  private static final int CAPACITY = 64 * 1024;
  private static final int LONGEST_MILLIS = 30_000;

  private final Bench bench;
  private final List<Member> memberships = new ArrayList<>();
  private final RpcSocket socket;

  private ManySpacesCases(Bench bench) throws Exception {
    this.bench = bench;
    TestUser user = bench.server().server().newUser();
    TestKey root = TestKey.create();
    TestKey theirs = TestKey.create();
    for (int i = 0; i < SPACES; i++) {
      String space = UUID.randomUUID().toString();
      String ucan = root.ucan().to(theirs).on(space).allows("write").sign();
      memberships.add(new Member(bench.server().server(), user, theirs, space, ucan));
    }
    makeSpaces(root);
    socket = open();
  }

  static void run(Bench bench) throws Exception {
    try (ManySpacesCases cases = new ManySpacesCases(bench)) {
      cases.subscribe();
      cases.pullNothing();
      cases.push();
    }
  }

  private RpcSocket open() throws IOException {
    return RpcSocket.open(bench.server().port(), memberships.getFirst().token(), CAPACITY);
  }

  private void makeSpaces(TestKey root) throws Exception {
    try (Connection connection = bench.server().connect();
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into spaces (id, client_id, root_public_key) values (?, 'bench', ?)")) {
      for (Member membership : memberships) {
        insert.setObject(1, UUID.fromString(membership.space()));
        insert.setBytes(2, root.compressed());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private Map<String, Object> params(int from, int to) {
    List<Object> spaces = new ArrayList<>();
    for (Member membership : memberships.subList(from, to)) {
      spaces.add(Requests.map("id", membership.space(), "since", 0, "ucan", membership.ucan()));
    }
    return Requests.map("spaces", spaces);
  }

  private void subscribe() throws IOException {
    Latencies unseen = new Latencies();
    for (int from = 0; from < SPACES; from += UNSEEN_AT_ONCE) {
      ByteBuffer request = RpcSocket.request("subscribe", params(from, from + UNSEEN_AT_ONCE));
      unseen.add(subscribe(request, UNSEEN_AT_ONCE));
    }
    bench.report(
        Row.of(
                "growth.subscribe.unseen",
                "subscribe to 200 spaces in one call, UCANs never seen: median",
                unseen.quantile(0.5),
                "ms")
            .latencies(unseen));
    double one = 0;
    for (int spaces : new int[] {1, 10, 100, SPACES}) {
      ByteBuffer request = RpcSocket.request("subscribe", params(0, spaces));
      repeat(() -> subscribe(request, spaces), bench.warmUp().dividedBy(2));
      Usage before = bench.server().usage();
      Latencies latencies = repeat(() -> subscribe(request, spaces), bench.time().dividedBy(2));
      Usage usage = bench.server().usage().since(before);
      double median = latencies.quantile(0.5);
      Row row =
          Row.of(
                  "growth.subscribe." + spaces,
                  String.format(Locale.ROOT, "subscribe to %,d spaces in one call: median", spaces),
                  median,
                  "ms")
              .cost(usage, (double) latencies.count() * spaces, "space")
              .latencies(latencies);
      one = spaces == 1 ? median : one;
      bench.report(spaces == 1 ? row : row.goal(new Goal("each alone", spaces * one, 1, false)));
    }
  }

  private long subscribe(ByteBuffer request, int spaces) throws IOException {
    long before = System.nanoTime();
    socket.send(request);
    JsonNode result = socket.result();
    long nanos = System.nanoTime() - before;
    if (result.path("spaces").size() != spaces) {
      throw new IOException("not subscribed: " + result.path("errors"));
    }
    return nanos;
  }

  private void pullNothing() throws IOException {
    ByteBuffer request = RpcSocket.request("pull", params(0, SPACES));
    Task task =
        () -> {
          long before = System.nanoTime();
          socket.send(request);
          long chunks = socket.result().path("_chunks").asLong();
          if (chunks != 2 * SPACES) {
            throw new IOException("pulled " + chunks + " chunks");
          }
          return System.nanoTime() - before;
        };
    repeat(task, bench.warmUp().dividedBy(2));
    Latencies latencies = repeat(task, bench.time().dividedBy(2));
    bench.report(
        Row.of(
                "growth.pull-spaces.1000",
                "pull of 1,000 spaces with nothing new in one call: median",
                latencies.quantile(0.5),
                "ms")
            .latencies(latencies));
  }

  /** A push, seen by a person with this space only and by a person with a thousand. */
  private void push() throws IOException {
    double alone;
    try (RpcSocket watcher = open()) {
      watcher.ask("subscribe", params(0, 1));
      Latencies latencies = pushTo(watcher);
      alone = latencies.quantile(0.5);
      bench.report(
          Row.of("growth.seen.1", "push until seen by one with 1 space: median", alone, "ms")
              .latencies(latencies));
    }
    Latencies latencies = pushTo(socket);
    bench.report(
        Row.of(
                "growth.seen.1000",
                "push until seen by one with 1,000 spaces: median",
                latencies.quantile(0.5),
                "ms")
            .goal(new Goal("with 1 space", alone, 1.2, false))
            .latencies(latencies));
  }

  private Latencies pushTo(RpcSocket watcher) throws IOException {
    Member member = memberships.getFirst();
    try (Selector selector = Selector.open();
        RpcSocket writer = RpcSocket.open(bench.server().port(), member.token(), CAPACITY)) {
      Pusher pusher = Pusher.ofNew(writer, PushFrame.ofNew(member.params(), 1));
      watcher.register(selector, watcher);
      writer.register(selector, pusher);
      Task task = () -> pushAndSee(selector, pusher, watcher);
      repeat(task, bench.warmUp().dividedBy(2));
      return repeat(task, bench.time().dividedBy(2));
    }
  }

  private static long pushAndSee(Selector selector, Pusher pusher, RpcSocket watcher)
      throws IOException {
    long[] seen = new long[1];
    pusher.push();
    long sent = pusher.sentAt();
    while (seen[0] == 0 || pusher.sentAt() != 0) {
      if (selector.select(LONGEST_MILLIS) == 0) {
        throw new IOException("a push is not seen");
      }
      for (var key : selector.selectedKeys()) {
        if (key.attachment() == pusher) {
          pusher.socket().receive(pusher::pushed);
        } else {
          watcher.receive(sync -> seen[0] = System.nanoTime());
        }
      }
      selector.selectedKeys().clear();
    }
    return seen[0] - sent;
  }

  /** An operation that returns its duration. */
  private interface Task {
    long nanos() throws IOException;
  }

  private static Latencies repeat(Task task, Duration time) throws IOException {
    Latencies latencies = new Latencies();
    long end = System.nanoTime() + time.toNanos();
    do {
      latencies.add(task.nanos());
    } while (System.nanoTime() < end);
    return latencies;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
