package dev.betterbase.sync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.bench.Row.Goal;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Further operations of shared spaces, each beside one to compare with: new keys, and presence. */
final class SharedSpaceCases {
  private static final int DEKS = 100_000;
  private static final int PRESENT = 100;
  private static final int WATCHERS = 1_000;
  private static final int DATA = 200;
  private static final int CAPACITY = 8_192;
  private static final long PAUSE_NANOS = 40_000_000;
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private SharedSpaceCases() {}

  /** A rewrap in one frame, beside a push of the same number of records. */
  static void rewrap(Bench bench) throws Exception {
    Member admin = SharedSpace.create(bench.server().server()).admin();
    try (RpcSocket socket = RpcSocket.open(bench.server().port(), admin.token(), CAPACITY)) {
      List<Map<String, Object>> deks = new ArrayList<>();
      List<Map<String, Object>> changes = new ArrayList<>();
      for (int i = 0; i < DEKS; i++) {
        String id = Requests.newId();
        changes.add(Requests.put(id, 0, new byte[1], Requests.dek(1)));
        deks.add(Requests.map("id", id, "dek", Requests.dek(2)));
      }
      double push = seconds(socket, "push", admin.params("changes", changes), "ok", 1);
      socket.ask("epoch.begin", admin.params("epoch", 2));
      double get = seconds(socket, "deks.get", admin.params(), "_chunks", DEKS);
      double rewrap = seconds(socket, "deks.rewrap", admin.params("deks", deks), "count", DEKS);
      bench.report(Row.of("shared.deks-get", "deks.get of 100,000", get, "s"));
      bench.report(
          Row.of("shared.rewrap", "rewrap of 100,000 DEKs in one frame", rewrap, "s")
              .goal(new Goal("push of as many", push, 1, false)));
    }
  }

  private static double seconds(
      RpcSocket socket, String method, Object params, String field, int wanted) throws IOException {
    ByteBuffer request = RpcSocket.request(method, params);
    long before = System.nanoTime();
    socket.send(request);
    JsonNode result = socket.result();
    double seconds = (System.nanoTime() - before) / 1e9;
    if (result.path(field).asInt() != wanted) {
      throw new IOException(method + " was answered with another " + field);
    }
    return seconds;
  }

  /** Presence of 100 people with 1,000 watching, beside events of the same size. */
  static void presence(Bench bench) throws Exception {
    SharedSpace space = SharedSpace.create(bench.server().server());
    try (Onlookers onlookers = new Onlookers(bench, space)) {
      onlookers.send("presence.set", bench.warmUp());
      Usage before = bench.server().usage();
      long presences = onlookers.send("presence.set", bench.time());
      Usage presence = bench.server().usage().since(before);
      before = bench.server().usage();
      long events = onlookers.send("event.send", bench.time());
      Usage event = bench.server().usage().since(before);
      bench.report(
          Row.of(
                  "shared.presence",
                  "presence of 100 before 1,000: server's CPU of a delivery",
                  1e6 * presence.server() / presences,
                  "µs")
              .goal(new Goal("an event's", 1e6 * event.server() / events, 1.2, false))
              .cost(presence, (double) presences, "delivery"));
    }
  }

  /** All people in one space, driven by the calling thread. */
  private static final class Onlookers implements AutoCloseable {
    private final List<RpcSocket> sockets = new ArrayList<>();
    private final Selector selector = Selector.open();
    private final String space;
    private long received;

    Onlookers(Bench bench, SharedSpace shared) throws IOException {
      space = shared.id();
      for (int i = 0; i < PRESENT + WATCHERS; i++) {
        Member member = shared.invite("read");
        RpcSocket socket = RpcSocket.open(bench.server().port(), member.token(), CAPACITY);
        socket.ask("subscribe", member.spaces(0));
        socket.register(selector, socket);
        sockets.add(socket);
      }
    }

    /**
     * The first people send in turn; returns the number of frames received, which must be complete.
     */
    long send(String method, Duration time) throws IOException {
      ByteBuffer frame =
          BareClient.binary(
              dev.betterbase.sync.testing.WireClient.encode(
                  Requests.map(
                      "type",
                      2,
                      "method",
                      method,
                      "params",
                      Requests.map("space", space, "data", Requests.blob(DATA)))));
      long before = received;
      long begun = System.nanoTime();
      long frames = time.toNanos() / PAUSE_NANOS;
      for (int sent = 0; sent < frames; sent++) {
        receiveUntil(begun + sent * PAUSE_NANOS);
        sockets.get(sent % PRESENT).send(frame);
      }
      long wanted = before + frames * (sockets.size() - 1);
      long deadline = System.nanoTime() + LONGEST.toNanos();
      while (received < wanted && System.nanoTime() < deadline) {
        receiveUntil(System.nanoTime() + PAUSE_NANOS);
      }
      if (received != wanted) {
        throw new IOException("%s: %,d frames are missing".formatted(method, wanted - received));
      }
      return received - before;
    }

    private void receiveUntil(long deadline) throws IOException {
      do {
        selector.select(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
        for (SelectionKey key : selector.selectedKeys()) {
          ((RpcSocket) key.attachment()).receive(frame -> received++);
        }
        selector.selectedKeys().clear();
      } while (System.nanoTime() < deadline);
    }

    @Override
    public void close() throws IOException {
      selector.close();
      for (RpcSocket socket : sockets) {
        socket.close();
      }
    }
  }
}
