package dev.betterbase.sync.cluster;

import static dev.betterbase.sync.cluster.RelayedMembers.allSee;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Three servers in one cluster. Its grid is cut into pieces while all of them have the database,
 * and joins again.
 */
@NightlyTest
@SequentialIntegrationTest
class PartitionedServersIT {
  private static final int NODES = 3;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final RelayedMembers MEMBERS = new RelayedMembers(NODES);
  private static List<ServerProcess> nodes = List.of();

  @BeforeAll
  static void start() {
    nodes = IntStream.range(0, NODES).parallel().mapToObj(PartitionedServersIT::node).toList();
  }

  private static ServerProcess node(int number) {
    return MEMBERS
        .join(ServerProcess.builder(), number)
        .name("partitioned-" + number)
        .with("DATABASE_URL", SharedServers.peeredDatabase().url())
        .with("TRUSTED_ISSUERS", SharedServers.peered().issuer().url())
        .with("METRICS_TOKEN", TestServer.METRICS_TOKEN)
        .start();
  }

  @AfterAll
  static void stop() {
    nodes.forEach(ServerProcess::close);
    MEMBERS.close();
  }

  private static WireClient connect(ServerProcess node, Member member) {
    return WireClient.open(node.port()).authenticate(member.token());
  }

  /** Each writer pushes so often, in turn. */
  private static void push(List<WireClient> writers, Member member, int each) {
    for (int i = 0; i < each; i++) {
      for (WireClient writer : writers) {
        var change = Requests.put(Requests.newId(), 0, new byte[] {1});
        JsonNode pushed = writer.request("push", member.params("changes", List.of(change))).ok();
        assertThat(pushed.get("ok").asBoolean()).isTrue();
      }
    }
  }

  /**
   * Reads notifications of the pushes of several nodes up to a cursor. They come in order, each
   * with its record. One that a slow machine brings more than 100 ms behind its successor is
   * dropped (protocol.md, Order): then the successor shows a gap, and a pull has what was in it.
   */
  private static void expectAllOfSeveral(WireClient reader, Member member, long from, long to) {
    long told = from - 1;
    while (told < to) {
      JsonNode sync = reader.expectNotification("sync");
      long cursor = sync.get("cursor").asLong();
      assertThat(cursor).isGreaterThan(told).isLessThanOrEqualTo(to);
      assertThat(sync.get("prev").asLong()).isEqualTo(cursor - 1);
      assertThat(sync.get("records")).hasSize(1);
      if (cursor > told + 1) {
        assertThat(pulled(reader, member, told))
            .containsAll(LongStream.rangeClosed(told + 1, cursor).boxed().toList());
      }
      told = cursor;
    }
  }

  /** The cursors of the records behind a cursor. */
  private static List<Long> pulled(WireClient reader, Member member, long since) {
    return reader.request("pull", member.spaces(since)).chunks().stream()
        .filter(chunk -> chunk.get("name").asText().equals("pull.record"))
        .map(chunk -> chunk.at("/data/cursor").asLong())
        .toList();
  }

  /**
   * Reads notifications of the pushes of one node up to a cursor. They come in order, each with its
   * record, and none is missing.
   */
  private static void expectAll(WireClient reader, long from, long to) {
    for (long cursor = from; cursor <= to; cursor++) {
      JsonNode sync = reader.expectNotification("sync");
      assertThat(sync.get("cursor").asLong()).isEqualTo(cursor);
      assertThat(sync.get("records")).hasSize(1);
    }
  }

  /** Reads notifications or markers until one tells of a cursor. They come in order. */
  private static void expectToBeTold(WireClient reader, long from, long to) {
    long told = from;
    while (told < to) {
      long cursor = reader.expectNotification("sync").get("cursor").asLong();
      assertThat(cursor).isGreaterThan(told).isLessThanOrEqualTo(to);
      told = cursor;
    }
  }

  /**
   * Does something that may take minutes on a slow machine, while clients go on answering pings: a
   * server closes a connection after 75 s without a sign of life.
   */
  private static void whileOthersRead(List<WireClient> others, Runnable work) {
    CompletableFuture<Void> done = CompletableFuture.runAsync(work);
    while (!done.isDone()) {
      others.forEach(client -> client.readFor(Duration.ofMillis(100)));
    }
    done.join();
  }

  @Test
  void bothSidesOfAPartitionGoOnAndAreInSyncByCursor() {
    SharedSpace space = SharedSpace.create(SharedServers.peered());
    List<Member> readers = nodes.stream().map(node -> space.invite("read")).toList();
    await().atMost(LIMIT).until(() -> allSee(nodes, NODES));
    List<WireClient> clients = new ArrayList<>();
    try {
      List<WireClient> writers = nodes.stream().map(node -> connect(node, space.admin())).toList();
      clients.addAll(writers);
      List<WireClient> subscribed = new ArrayList<>();
      for (int number = 0; number < NODES; number++) {
        WireClient client = connect(nodes.get(number), readers.get(number));
        clients.add(client);
        client.request("subscribe", readers.get(number).spaces(0)).ok();
        subscribed.add(client);
      }
      int each = 10;
      long whole = (long) each * NODES;
      push(writers, space.admin(), each);
      for (int number = 0; number < NODES; number++) {
        expectAllOfSeveral(subscribed.get(number), readers.get(number), 1, whole);
      }

      MEMBERS.cut();
      await().atMost(LIMIT).until(() -> allSee(nodes, 1));
      push(writers, space.admin(), each);
      subscribed.forEach(reader -> expectToBeTold(reader, whole, 2 * whole));
      for (int number = 0; number < NODES; number++) {
        var wanted = readers.get(number).spaces(whole);
        assertThat(subscribed.get(number).request("pull", wanted).chunks())
            .as("the records that a marker tells of")
            .hasSizeGreaterThan((int) whole);
      }

      MEMBERS.reopen();
      await().atMost(LIMIT).until(() -> allSee(nodes, NODES));
      push(writers, space.admin(), each);
      subscribed.forEach(reader -> expectToBeTold(reader, 2 * whole, 3 * whole));
      push(writers, space.admin(), each);
      for (int number = 0; number < NODES; number++) {
        expectAllOfSeveral(subscribed.get(number), readers.get(number), 3 * whole + 1, 4 * whole);
      }
    } finally {
      clients.forEach(WireClient::close);
    }
  }

  @Test
  void theClientsOfANodeThatIsRestartedGoToAnotherOneAndMissNothing() {
    SharedSpace space = SharedSpace.create(SharedServers.peered());
    Member reader = space.invite("read");
    await().atMost(LIMIT).until(() -> allSee(nodes, NODES));
    ServerProcess restarted = nodes.getFirst();
    try (WireClient writer = connect(nodes.get(1), space.admin());
        WireClient before = connect(restarted, reader);
        WireClient after = connect(nodes.getLast(), reader)) {
      before.request("subscribe", reader.spaces(0)).ok();
      push(List.of(writer), space.admin(), 5);
      expectAll(before, 1, 5);

      restarted.terminate();
      assertThat(before.awaitClose(LIMIT).code()).isEqualTo(1001);
      push(List.of(writer), space.admin(), 5);
      JsonNode subscribed = after.request("subscribe", reader.spaces(5)).ok();
      assertThat(subscribed.at("/spaces/0/cursor").asLong()).isEqualTo(10);
      assertThat(restarted.awaitExit(LIMIT)).isIn(0, 143);
      await().atMost(LIMIT).until(() -> allSee(List.of(nodes.get(1)), NODES - 1));

      whileOthersRead(List.of(writer, after), restarted::start);
      await().atMost(LIMIT).until(() -> allSee(nodes, NODES));
      push(List.of(writer), space.admin(), 5);
      expectAll(after, 11, 15);
      try (WireClient again = connect(restarted, reader)) {
        again.request("subscribe", reader.spaces(15)).ok();
        push(List.of(writer), space.admin(), 5);
        expectAll(again, 16, 20);
      }
    }
  }
}
