package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A home server that breaks the protocol, lies, stalls, or is of the earlier release. */
@IntegrationTest
@Order(1)
class BadHomeIT {
  private static TestServer server;

  /** A new one for each test, so that no test meets a back-off of the server. */
  private final int port = Ports.free();

  private @Nullable FakeHome home;

  @BeforeAll
  static void start() {
    server = SharedServers.peered();
  }

  @AfterEach
  void stopHome() throws IOException {
    if (home != null) {
      home.close();
    }
  }

  private Member newMember() {
    return SharedSpace.createElsewhere(server, "localhost:" + port).admin();
  }

  private static Map<String, Object> chunk(JsonNode request, String name, Object data) {
    return Requests.map("type", 3, "id", request.get("id").asText(), "name", name, "data", data);
  }

  private static Map<String, Object> sync(String space, long cursor) {
    return Requests.map(
        "type",
        2,
        "method",
        "sync",
        "params",
        Requests.map(
            "space",
            space,
            "prev",
            cursor - 1,
            "cursor",
            cursor,
            "key_generation",
            0,
            "records",
            List.of(Requests.map("id", Requests.newId(), "cursor", cursor, "deleted", true))));
  }

  @Test
  void whatItTellsOfSpacesThatAreNotItsOwnReachesNobody() throws IOException {
    Member member = newMember();
    String own = member.user().personalSpace();
    home =
        new FakeHome(
            port,
            (message, peer) -> {
              if (message.path("method").asText().equals("subscribe")) {
                peer.send(FakeHome.granted(message));
                peer.send(sync(own, 100));
                peer.send(
                    Requests.map("type", 2, "method", "revoked", "params", Map.of("space", own)));
                peer.send(sync(member.space(), 6));
              }
            });
    try (WireClient client = member.connect()) {
      client
          .request(
              "subscribe",
              Map.of(
                  "spaces",
                  List.of(
                      Requests.map("id", own, "since", 0),
                      Requests.map("id", member.space(), "since", 0, "ucan", member.ucan()))))
          .ok();
      JsonNode told = client.expectNotification("sync");
      assertThat(told.get("space").asText()).isEqualTo(member.space());
      assertThat(client.pollNotification("revoked", Duration.ofMillis(200))).isEmpty();
    }
  }

  @Test
  void chunksOfAnotherSpaceEndThePullInAnError() throws IOException {
    Member member = newMember();
    String own = member.user().personalSpace();
    home =
        new FakeHome(
            port,
            (message, peer) -> {
              peer.send(
                  chunk(
                      message,
                      "pull.begin",
                      Requests.map(
                          "space", member.space(), "prev", 0, "cursor", 9, "key_generation", 1)));
              peer.send(
                  chunk(
                      message,
                      "pull.record",
                      Requests.map("space", own, "id", Requests.newId(), "cursor", 1)));
              peer.send(FakeHome.result(message, Map.of("_chunks", 2)));
            });
    try (WireClient client = member.connect()) {
      WireClient.Reply pulled = client.request("pull", member.spaces(0));
      assertThat(pulled.chunks())
          .noneMatch(chunk -> chunk.get("data").get("space").asText().equals(own));
      assertThat(pulled.error()).isEqualTo("internal internal");
    }
  }

  @Test
  void rubbishEndsTheConnectionAndTheCallAndNothingElse() throws IOException {
    Member member = newMember();
    home = new FakeHome(port, (message, peer) -> peer.sendBytes(new byte[] {(byte) 0xFF, 1, 2}));
    try (WireClient client = member.connect()) {
      assertThat(push(client, member).get("error").asText()).isEqualTo("internal");
      assertThat(client.request("membership.list", member.params()).error())
          .isEqualTo("internal internal");
      String own = member.user().personalSpace();
      assertThat(
              client
                  .request(
                      "push", Requests.push(own, Requests.put(Requests.newId(), 0, new byte[1])))
                  .ok()
                  .get("ok")
                  .asBoolean())
          .isTrue();
    }
  }

  private static JsonNode push(WireClient client, Member member) {
    return client
        .request(
            "push",
            member.params("changes", List.of(Requests.put(Requests.newId(), 0, new byte[1]))))
        .ok();
  }

  @Test
  void pullThatStallsEndsInAnErrorAndHoldsNobodyElseBack() throws IOException {
    Member member = newMember();
    Member other = newMember();
    FakeHome called =
        new FakeHome(
            port,
            (message, peer) -> {
              if (message.path("method").asText().equals("pull")) {
                peer.send(
                    chunk(
                        message,
                        "pull.begin",
                        Requests.map(
                            "space", member.space(), "prev", 0, "cursor", 9, "key_generation", 1)));
              } else {
                peer.send(FakeHome.result(message, Requests.map("ok", true, "cursor", 1)));
              }
            });
    home = called;
    try (WireClient client = member.connect();
        WireClient second = other.connect()) {
      String pull = client.start("pull", member.spaces(0));
      assertThat(push(client, member).get("ok").asBoolean()).isTrue();
      assertThat(push(second, other).get("ok").asBoolean()).isTrue();
      assertThat(client.await(pull).error()).isEqualTo("internal internal");
      assertThat(called.calls()).isEqualTo(1);
    }
  }

  @Test
  void oldHomeThatKnowsNotTheMethodIsNamed() throws IOException {
    Member member = newMember();
    home =
        new FakeHome(
            port,
            (message, peer) ->
                peer.send(
                    Requests.map(
                        "type",
                        1,
                        "id",
                        message.get("id").asText(),
                        "error",
                        Requests.map(
                            "code",
                            "method_not_found",
                            "message",
                            "unknown method: " + message.get("method").asText()))));
    try (WireClient client = member.connect()) {
      assertThat(client.request("epoch.begin", member.params("epoch", 2)).error())
          .isEqualTo("internal home server does not support epoch.begin");
      assertThat(client.request("deks.get", member.params()).error())
          .isEqualTo("internal home server does not support deks.get");
    }
  }

  @Test
  void pushWhoseAnswerIsLostIsNotRepeatedAndAListIs() throws IOException {
    Member member = newMember();
    var seen = new CopyOnWriteArrayList<String>();
    home =
        new FakeHome(
            port,
            (message, peer) -> {
              seen.add(message.path("method").asText());
              throw new IOException("breaks off");
            });
    try (WireClient client = member.connect()) {
      assertThat(push(client, member).get("error").asText()).isEqualTo("internal");
      assertThat(client.request("membership.list", member.params()).error())
          .isEqualTo("internal internal");
      assertThat(seen).containsExactly("push", "membership.list", "membership.list");
    }
  }

  private static void succeed(JsonNode message, FakeHome.Peer peer) throws IOException {
    peer.send(
        FakeHome.result(
            message,
            message.path("method").asText().equals("push")
                ? Requests.map("ok", true, "cursor", 1)
                : Map.of("_chunks", 0)));
  }

  /** A home may have to fetch this server's key set first, which takes it this long. */
  @Test
  void handshakeMayTakeAsLongAsTheCallsThatWaitForIt() throws IOException {
    Member member = newMember();
    Member other = newMember();
    FakeHome called =
        new FakeHome(
            port,
            connection -> {
              Thread.sleep(Duration.ofSeconds(5));
              return true;
            },
            BadHomeIT::succeed);
    home = called;
    try (WireClient client = member.connect();
        WireClient second = other.connect()) {
      String stream = client.start("deks.get", member.params());
      assertThat(push(second, other).get("ok").asBoolean()).isTrue();
      assertThat(client.await(stream).ok().get("_chunks").asInt()).isZero();
      assertThat(called.calls()).isEqualTo(1);
    }
  }

  @Test
  void callsWaitForAHomeThatFailedOnlyOnce() throws IOException {
    Member member = newMember();
    Member other = newMember();
    FakeHome called = new FakeHome(port, connection -> connection > 1, BadHomeIT::succeed);
    home = called;
    try (WireClient client = member.connect();
        WireClient second = other.connect()) {
      String stream = client.start("deks.get", member.params());
      assertThat(push(second, other).get("ok").asBoolean()).isTrue();
      assertThat(client.await(stream).ok().get("_chunks").asInt()).isZero();
      assertThat(called.calls()).isEqualTo(2);
    }
  }

  @Test
  void callsToAHomeThatGoesOnFailingSoonFailWithoutATry() throws IOException {
    Member member = newMember();
    FakeHome called = new FakeHome(port, connection -> false, BadHomeIT::succeed);
    home = called;
    try (WireClient client = member.connect()) {
      Awaitility.await()
          .untilAsserted(
              () -> {
                int before = called.calls();
                assertThat(push(client, member).get("error").asText()).isEqualTo("internal");
                assertThat(client.request("deks.get", member.params()).error())
                    .isEqualTo("internal internal");
                assertThat(called.calls()).isEqualTo(before).isPositive();
              });
    }
  }

  @Test
  void trustedDomainsThatDifferInTheirPortHaveASeriesEach() throws IOException {
    assertThat(server.metrics())
        .containsPattern("betterbase_federation_peer_connections\\{peer=\"localhost:7001\"} \\d")
        .containsPattern("betterbase_federation_peer_connections\\{peer=\"localhost:7002\"} \\d");
    assertThat(server.process().output()).doesNotContain("already been registered");
  }
}
