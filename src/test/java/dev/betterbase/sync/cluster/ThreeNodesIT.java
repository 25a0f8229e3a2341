package dev.betterbase.sync.cluster;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.federation.TestPeer;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Three nodes on one database. Two of them are a cluster. The first is none: what happens there is
 * found by polling, as it is where the bus has lost something.
 */
@SequentialIntegrationTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Order(0) // It is among the longest.
class ThreeNodesIT {
  private static final String RECEIVED =
      "betterbase_cluster_messages_total{direction=\"received\",";
  private static final byte[] HERE = {1, 2, 3};
  private static final TestPeer PEER = new TestPeer("peer.example");
  private static final TestPeer GREEDY = new TestPeer("greedy.example");
  private static final TestPeer LEFT = new TestPeer("left.example");

  private static TestServer first;
  private static ServerProcess second;
  private static ServerProcess third;

  @BeforeAll
  static void start() {
    first = SharedServers.peered();
    int one = Ports.free();
    int other = Ports.free();
    var starting = CompletableFuture.supplyAsync(() -> node("node-2", one, other));
    third = node("node-3", other, one);
    second = starting.join();
  }

  private static ServerProcess node(String name, int port, int otherPort) {
    return PeeredNode.builder(first, List.of(PEER, GREEDY, LEFT), port, otherPort)
        .name(name)
        .with("DRAIN_SECONDS", "2")
        .start();
  }

  @AfterAll
  static void stop() {
    second.close();
    third.close();
  }

  private static WireClient connect(ServerProcess node, Member member) {
    return WireClient.open(node.port()).authenticate(member.token());
  }

  private static WireClient subscribed(ServerProcess node, Member member) {
    WireClient client = connect(node, member);
    client.request("subscribe", member.spaces(0)).ok();
    return client;
  }

  private static String push(WireClient client, Member member) {
    var change = Requests.put(Requests.newId(), 0, new byte[] {1});
    var result = client.request("push", member.params("changes", List.of(change))).ok();
    return result.get("ok").asBoolean() ? "done" : result.get("error").asText();
  }

  private static long recordsOf(Member member, WireClient client) {
    return client.request("pull", member.spaces(0)).chunks().stream()
        .filter(chunk -> chunk.get("name").textValue().equals("pull.record"))
        .count();
  }

  @Test
  @Order(1)
  void aRevocationReachesTheListenersOfAnotherNodeByPolling() {
    SharedSpace space = SharedSpace.create(first);
    Member revoked = space.invite("write");
    Member untouched = space.invite("read");
    try (WireClient listening = subscribed(second, revoked);
        WireClient other = subscribed(second, untouched);
        WireClient admins = space.admin().connect()) {
      admins.request("membership.revoke", space.admin().params("ucan_cid", revoked.cid())).ok();
      assertThat(push(listening, revoked)).as("the very next call").isEqualTo("forbidden");
      assertThat(listening.expectNotification("revoked").get("reason").asText())
          .isEqualTo("ucan_revoked");
      other.expectNotification("revoked");
      assertThat(push(admins, space.admin())).isEqualTo("done");
      assertThat(other.expectNotification("sync").get("cursor").asLong())
          .as("a marker, once the other node has found out")
          .isEqualTo(1);
      assertThat(listening.pollNotification("sync", Duration.ofMillis(500))).isEmpty();
    }
  }

  @Test
  @Order(2)
  void pushesReachTheSubscribersOfAnotherNodeWithTheirRecordsAndInOrder() throws IOException {
    SharedSpace space = SharedSpace.create(first);
    Member reader = space.invite("read");
    String spelling = "{" + space.id().toUpperCase(Locale.ROOT) + "}";
    try (WireClient writer = connect(second, space.admin());
        WireClient usual = subscribed(third, reader);
        WireClient spelled = connect(third, space.admin())) {
      spelled
          .request(
              "subscribe",
              map("spaces", List.of(map("id", spelling, "since", 0, "ucan", space.admin().ucan()))))
          .ok();
      int pushes = 50;
      for (int i = 1; i <= pushes; i++) {
        assertThat(push(writer, space.admin())).isEqualTo("done");
      }
      for (int i = 1; i <= pushes; i++) {
        JsonNode sync = usual.expectNotification("sync");
        assertThat(sync.get("cursor").asLong()).isEqualTo(i);
        assertThat(sync.get("prev").asLong()).isEqualTo(i - 1);
        assertThat(sync.get("records")).hasSize(1);
        JsonNode other = spelled.expectNotification("sync");
        assertThat(other.get("space").asText()).isEqualTo(spelling);
        assertThat(other.get("records")).isEqualTo(sync.get("records"));
      }
    }
    assertThat(metric(third, RECEIVED + "kind=\"sync\"}")).isGreaterThanOrEqualTo(50);
    assertThat(metric(third, "betterbase_cluster_nodes")).isEqualTo(2);
    await().until(ThreeNodesIT::oneNodeRemovesFiles);
  }

  /** Whether at least two of the three have left the job to the node that has it. */
  private static boolean oneNodeRemovesFiles() throws IOException {
    int left = 0;
    for (ServerProcess node : List.of(first.process(), second, third)) {
      if (metric(node, "betterbase_jobs_skipped_total{name=\"file_removals\"}") > 0) {
        left++;
      }
    }
    return left >= 2;
  }

  @Test
  @Order(2)
  void theAdminPageShowsTheOtherNode() {
    String self = figuresOf(second, "127.0.1.10").path("cluster").path("self").asText();
    JsonNode cluster = figuresOf(third, "127.0.1.11").path("cluster");
    assertThat(cluster.path("on").asBoolean()).isTrue();
    assertThat(cluster.path("nodes")).hasSize(1);
    JsonNode other = cluster.path("nodes").path(0);
    assertThat(other.path("id").asText()).isEqualTo(self);
    assertThat(other.path("heard").asLong()).isLessThan(60);
    assertThat(other.path("seen").isNumber()).isTrue();
    assertThat(other.path("waiting_packets").isNumber()).isTrue();
    assertThat(other.path("missed").isNumber()).isTrue();
  }

  private static JsonNode figuresOf(ServerProcess node, String from) {
    return AdminClient.from(node, from).signIn().get("figures");
  }

  private static double metric(ServerProcess node, String series) throws IOException {
    return TestServer.metric(node, series).orElseThrow();
  }

  @Test
  @Order(3)
  void membershipEntriesRevocationsEventsAndInvitationsReachAnotherNodeAtOnce() throws IOException {
    SharedSpace space = SharedSpace.create(first);
    Member revoked = space.invite("write");
    Member untouched = space.invite("read");
    TestUser invited = first.newUser().withOwnMailbox();
    try (WireClient admins = subscribed(second, space.admin());
        WireClient listening = subscribed(third, revoked);
        WireClient other = subscribed(third, untouched);
        WireClient mailbox = WireClient.open(third.port()).authenticate(invited.token())) {
      space.admin().append(admins).ok();
      assertThat(other.expectNotification("membership").get("entries")).hasSize(1);
      admins.notify("event.send", map("space", space.id(), "data", HERE));
      assertThat(other.expectNotification("event").get("data").binaryValue()).isEqualTo(HERE);
      admins.request("membership.revoke", space.admin().params("ucan_cid", revoked.cid())).ok();
      listening.expectNotification("revoked");
      other.expectNotification("revoked");
      assertThat(metric(third, RECEIVED + "kind=\"revoked\"}")).as("not by polling").isEqualTo(1);
      assertThat(push(admins, space.admin())).isEqualTo("done");
      JsonNode sync = other.expectNotification("sync");
      assertThat(sync.get("records")).hasSize(1);
      aFileIsAnnounced(space.admin(), sync.at("/records/0/id").asText(), other);
      admins
          .request(
              "invitation.create",
              map("mailbox_id", invited.mailbox().orElseThrow(), "payload", "sealed"))
          .ok();
      mailbox.expectNotification("invitation");
      assertThat(listening.pollNotification("sync", Duration.ZERO)).isEmpty();
    }
  }

  /** An upload to one node, for a listener on another. By polling, only a marker would come. */
  private static void aFileIsAnnounced(Member sharing, String record, WireClient listener) {
    var onFirst = FileClient.of(sharing, sharing.ucan());
    var files = new FileClient(second.port(), onFirst.token(), onFirst.ucan(), onFirst.space());
    String file = Requests.newId();
    assertThat(files.put(file, record, HERE)).isEqualTo(201);
    JsonNode notice = listener.expectNotification("file");
    assertThat(notice.at("/files/0/id").asText()).isEqualTo(file);
    assertThat(notice.at("/files/0/record_id").asText()).isEqualTo(record);
  }

  @Test
  @Order(4)
  void aPeerAndTheConnectionsOfAMailboxAreKnownOnAllNodes() {
    SharedSpace space = SharedSpace.create(first);
    Member reader = space.invite("read");
    try (WireClient peer = PEER.connect(third.port());
        WireClient writer = connect(second, space.admin())) {
      var wanted = map("id", space.id(), "since", 0, "ucan", reader.ucan());
      peer.request("subscribe", map("spaces", List.of(wanted))).ok();
      assertThat(push(writer, space.admin())).isEqualTo("done");
      assertThat(peer.expectNotification("sync").get("records")).hasSize(1);
    }
    TestUser user = first.newUser().withOwnMailbox();
    try (WireClient one = open(second, user);
        WireClient two = open(second, user);
        WireClient three = open(third, user)) {
      await().until(() -> refuses(second, user) && refuses(third, user));
      one.expectOpen();
      two.leave();
      await().until(() -> !refuses(third, user));
      three.expectOpen();
    }
  }

  @Test
  @Order(4)
  void whatAPeerUsesOnOneNodeCountsOnTheOther() {
    SharedSpace space = SharedSpace.create(first);
    Member member = space.invite("write");
    Map<String, Object> wanted =
        map("spaces", List.of(map("id", space.id(), "since", 0, "ucan", member.ucan())));
    try (WireClient one = GREEDY.connect(second.port());
        WireClient other = GREEDY.connect(third.port())) {
      one.request("subscribe", wanted).ok();
      assertThat(pushAsPeer(one, member, 3)).isEqualTo("done");
      try (WireClient last = GREEDY.connect(second.port())) {
        last.expectOpen();
        await().until(() -> isFull(third, GREEDY));
        assertThat(isFull(second, GREEDY)).isTrue();
        // The other node knows of the last connection, and so of what was used before.
        assertThat(other.request("subscribe", wanted).error())
            .isEqualTo("rate_limited space subscription quota exceeded");
        assertThat(pushAsPeer(other, member, 2)).isEqualTo("rate_limited");
        assertThat(pushAsPeer(other, member, 1)).isEqualTo("done");
      }
      await().until(() -> !isFull(second, GREEDY) && !isFull(third, GREEDY));
    }
  }

  /** Pushes new records. */
  private static String pushAsPeer(WireClient peer, Member member, int records) {
    var changes =
        Stream.generate(() -> Requests.put(Requests.newId(), 0, new byte[] {1}))
            .limit(records)
            .toList();
    WireClient.Reply reply = peer.request("push", member.params("changes", changes));
    return reply.result() == null ? reply.code() : "done";
  }

  /** Whether the node has no place for one more connection of a peer. */
  private static boolean isFull(ServerProcess node, TestPeer peer) {
    try (WireClient client = peer.connect(node.port())) {
      return !client.isServed();
    }
  }

  private static WireClient open(ServerProcess node, TestUser user) {
    WireClient client = WireClient.open(node.port()).authenticate(user.token());
    client.expectOpen();
    return client;
  }

  /** Whether the node has no place for one more connection of a user. */
  private static boolean refuses(ServerProcess node, TestUser user) {
    try (WireClient client = WireClient.open(node.port()).authenticate(user.token())) {
      return !client.isServed();
    }
  }

  @Test
  @Order(5)
  void aNodeThatStandsStillHoldsNobodyUpAndCatchesUp() throws IOException {
    SharedSpace space = SharedSpace.create(first);
    Member reader = space.invite("read");
    try (WireClient writer = connect(second, space.admin());
        WireClient near = subscribed(second, reader);
        WireClient far = subscribed(third, reader)) {
      third.suspend();
      int pushes = 20;
      try {
        for (int i = 1; i <= pushes; i++) {
          assertThat(push(writer, space.admin())).isEqualTo("done");
          assertThat(near.expectNotification("sync").get("cursor").asLong()).isEqualTo(i);
        }
      } finally {
        third.resume();
      }
      long told = 0;
      while (told < pushes) {
        long cursor = far.expectNotification("sync").get("cursor").asLong();
        assertThat(cursor).isGreaterThan(told);
        told = cursor;
      }
    }
  }

  @Test
  @Order(6)
  void presencesAndConnectionsEndWithTheirNodeAndWhatAPeerHasUsedDoesNot() throws IOException {
    SharedSpace space = SharedSpace.create(first);
    Member watcher = space.invite("read");
    TestUser user = first.newUser().withOwnMailbox();
    try (WireClient present = subscribed(second, space.admin());
        WireClient watching = subscribed(third, watcher);
        WireClient one = open(second, user);
        WireClient two = open(second, user);
        WireClient three = open(second, user)) {
      List<WireClient> left = quotasUsedUp(second, LEFT, space.admin());
      await().until(() -> isFull(third, LEFT));
      await().until(() -> refuses(third, user));
      present.notify("presence.set", map("space", space.id(), "data", HERE));
      JsonNode shown = watching.expectNotification("presence");
      assertThat(shown.get("data").binaryValue()).isEqualTo(HERE);
      assertThat(peers(watching, watcher)).containsExactly(shown.get("peer").asText());
      for (int i = 0; i < 3; i++) {
        assertThat(push(present, space.admin())).isEqualTo("done");
        watching.expectNotification("sync");
      }
      long acknowledged = recordsOf(space.admin(), present);
      assertThat(acknowledged).isGreaterThan(3);
      second.kill();
      assertThat(List.of(one, two, three))
          .as("ended with their node")
          .noneMatch(WireClient::isServed);
      assertThat(left).noneMatch(WireClient::isServed);
      left.forEach(WireClient::close);
      assertThat(watching.expectNotification("presence.leave").get("peer"))
          .isEqualTo(shown.get("peer"));
      assertThat(peers(watching, watcher)).isEmpty();
      await().until(() -> !refuses(third, user) && !isFull(third, LEFT));
      try (WireClient again = LEFT.connect(third.port())) {
        assertThat(pushAsPeer(again, space.admin(), 1)).isEqualTo("rate_limited");
      }
      assertThat(push(watching, watcher)).as("a reader's push").isEqualTo("forbidden");
      assertThat(recordsOf(watcher, watching)).as("acknowledged").isEqualTo(acknowledged);
    }
  }

  /** After the test before, in which the second node was killed. */
  @Test
  @Order(7)
  void nothingIsLostWhileNodesAreRestartedOneAfterAnotherUnderLoad() throws Exception {
    second.start();
    List<ServerProcess> nodes = List.of(second, third);
    var turn = new AtomicInteger();
    IntSupplier port = () -> nodes.get(turn.getAndIncrement() % nodes.size()).port();
    try (var load = new JointLoad(port, List.of(SharedSpace.create(first)))) {
      load.awaitWarm();
      for (ServerProcess node : nodes) {
        node.terminate();
        assertThat(node.awaitExit(Duration.ofMinutes(1))).isIn(0, 143);
        load.awaitPushes(load.spaces(), 10);
        node.start();
        Duration unused = load.awaitSync();
      }
      load.assertNothingLost();
    }
  }

  /** The connections of a peer, as many as it may have, that has pushed all it may. */
  private static List<WireClient> quotasUsedUp(ServerProcess node, TestPeer peer, Member member) {
    WireClient pushing = peer.connect(node.port());
    assertThat(pushAsPeer(pushing, member, 4)).isEqualTo("done");
    // The other node hears of these at once, and with them of what was pushed before.
    List<WireClient> all = List.of(pushing, peer.connect(node.port()), peer.connect(node.port()));
    all.forEach(WireClient::expectOpen);
    return all;
  }

  private static List<String> peers(WireClient client, Member member) {
    return client
        .request("subscribe", member.spaces(0, "presence", true))
        .ok()
        .at("/spaces/0/peers")
        .findValuesAsText("peer");
  }
}
