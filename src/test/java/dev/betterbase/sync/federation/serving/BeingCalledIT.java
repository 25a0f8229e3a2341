package dev.betterbase.sync.federation.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.federation.TestPeer;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUcan;
import dev.betterbase.sync.testing.WebSocketWire.Handshake;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** federation.md, Being called: a server, and peers that are played over the bare wire. */
@IntegrationTest
class BeingCalledIT {

  /** One for each test, since they run side by side and quotas are counted by domain. */
  private static final List<TestPeer> PEERS =
      IntStream.range(0, 7).mapToObj(i -> SharedServers.peer("peer" + i)).toList();

  private static final TestPeer QUOTA = SharedServers.peer("quota");
  private static final TestPeer OTHER = SharedServers.peer("other");
  private static final TestPeer STRANGER = new TestPeer("stranger.example");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = SharedServers.peered();
  }

  private static int port() {
    return server.process().port();
  }

  private static Map<String, Object> wanted(String space, String key, Object proof) {
    return Requests.map("id", space, "since", 0, key, proof);
  }

  private static JsonNode subscribe(WireClient peer, Map<?, ?>... wanted) {
    return peer.request("subscribe", Map.of("spaces", List.of(wanted))).ok();
  }

  private static JsonNode status(String domain) throws IOException {
    return JSON.readTree(
        server
            .process()
            .send(
                HttpRequest.newBuilder(server.process().uri("/api/v1/federation/status/" + domain))
                    .header("Authorization", "Bearer " + server.newUser().token()))
            .body());
  }

  /**
   * On some transports a connection that was cut without a close counts until the server notices
   * its silence.
   */
  private static void awaitNoConnection(String domain) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> assertThat(status(domain).get("connections").asInt()).isZero());
  }

  @Test
  void aPeerThatIsPausedOnTheAdminPageIsRefusedUntilItIsResumed() {
    TestPeer peer = SharedServers.peer("paused");
    AdminClient admin = AdminClient.from(server.process(), "127.0.0.1").signIn();
    try (WireClient open = peer.connect(port())) {
      open.expectOpen();
      assertThat(admin.post("peers/pause", "paused.example").statusCode()).isEqualTo(204);
      open.expectClose(1001, "closed by the operator");
      Handshake refused = TestPeer.handshake(port(), peer.lines(port()));
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.body()).isEqualTo("{\"error\":\"this peer is paused\"}");
      assertThat(admin.get("figures").get("peers"))
          .anyMatch(
              each ->
                  each.get("domain").textValue().equals("paused.example")
                      && each.get("paused").booleanValue())
          .anyMatch(each -> !each.get("paused").booleanValue());
    }
    assertThat(admin.post("peers/resume", "paused.example").statusCode()).isEqualTo(204);
    try (WireClient again = peer.connect(port())) {
      again.expectOpen();
    }
  }

  @Test
  void handshakeIsCheckedInOrder() {
    String[] good = PEERS.get(0).lines(port());
    assertThat(TestPeer.handshake(port(), good[1], good[2]).status()).isEqualTo(400);
    Handshake unsigned = TestPeer.handshake(port(), good[0]);
    assertThat(unsigned.status()).isEqualTo(401);
    assertThat(unsigned.body()).isEqualTo("{\"error\":\"signature verification failed\"}");
    assertThat(TestPeer.handshake(port(), STRANGER.lines(port())).status()).isEqualTo(401);
    assertThat(TestPeer.handshake(port(), PEERS.get(0).lines(port() + 1)).status()).isEqualTo(401);
    String[] once = PEERS.get(0).lines(port());
    Handshake first = TestPeer.handshake(port(), once);
    assertThat(first.status()).isEqualTo(101);
    assertThat(first.header("Sec-WebSocket-Protocol")).contains("betterbase-rpc-v1");
    assertThat(TestPeer.handshake(port(), once).status()).isEqualTo(401);
    awaitNoConnection("peer0.example");
    assertThat(TestPeer.handshake(port(), PEERS.get(0).lines(port(), "wss")).status())
        .as("behind a proxy that speaks TLS")
        .isEqualTo(101);
    assertThat(TestPeer.handshake(port(), PEERS.get(0).lines(port(), "ftp")).status())
        .isEqualTo(401);
  }

  @Test
  void peersHaveMethodsOfTheirOwnAndNoOthers() {
    try (WireClient peer = PEERS.get(1).connect(port())) {
      for (String method :
          List.of("space.create", "token.refresh", "invitation.create", "invitation.list", "x")) {
        assertThat(peer.request(method, Map.of()).error())
            .isEqualTo("method_not_found unknown method: " + method);
      }
      for (String method :
          List.of("subscribe", "push", "pull", "fed.invitation", "epoch.begin", "deks.get")) {
        String text =
            Map.of(
                    "fed.invitation", "invitation create",
                    "epoch.begin", "epoch begin",
                    "deks.get", "deks get")
                .getOrDefault(method, method);
        assertThat(peer.request(method, 7).error())
            .isEqualTo("invalid_params invalid " + text + " params");
      }
      peer.notify("presence.set", Map.of("space", UUID.randomUUID().toString(), "data", "x"));
      peer.leave();
    }
  }

  @Test
  void memberOfAPeerSeesPushesAndPushesAndPulls() {
    SharedSpace space = SharedSpace.create(server);
    Member writer = space.invite("write");
    try (WireClient peer = PEERS.get(2).connect(port());
        WireClient local = space.admin().connect()) {
      JsonNode answer = subscribe(peer, wanted(space.id(), "ucan", writer.ucan()));
      JsonNode granted = answer.get("spaces").get(0);
      assertThat(granted.get("cursor").asLong()).isZero();
      assertThat(granted.get("key_generation").asInt()).isEqualTo(1);
      assertThat(granted.get("token").asText()).hasSize(140);
      local.request("subscribe", space.admin().spaces(0)).ok();

      String record = Requests.newId();
      byte[] blob = Requests.blob(100);
      local
          .request("push", space.admin().params("changes", List.of(Requests.put(record, 0, blob))))
          .ok();
      JsonNode sync = peer.expectNotification("sync");
      assertThat(sync.get("cursor").asLong()).isEqualTo(1);
      assertThat(sync.get("records").get(0).get("id").asText()).isEqualTo(record);

      JsonNode pushed =
          peer.request(
                  "push",
                  writer.params("changes", List.of(Requests.put(record, 1, Requests.blob(10)))))
              .ok();
      assertThat(pushed.get("ok").asBoolean()).isTrue();
      assertThat(pushed.get("cursor").asLong()).isEqualTo(2);
      assertThat(local.expectNotification("sync").get("cursor").asLong()).isEqualTo(2);

      WireClient.Reply pulled = peer.request("pull", writer.spaces(0));
      assertThat(pulled.ok().get("_chunks").asInt()).isEqualTo(3);
      peer.leave();
    }
  }

  @Test
  void whatAPeerMayNotDoHasItsCode() {
    SharedSpace space = SharedSpace.create(server);
    SharedSpace other = SharedSpace.create(server);
    Member reader = space.invite("read");
    String unknown = UUID.randomUUID().toString();
    String personal = server.newUser().personalSpace();
    try (WireClient peer = PEERS.get(3).connect(port())) {
      JsonNode answer =
          subscribe(
              peer,
              wanted("nonsense", "ucan", reader.ucan()),
              Requests.map("id", space.id(), "since", 0),
              wanted(unknown, "ucan", reader.ucan()),
              wanted(personal, "ucan", reader.ucan()),
              wanted(other.id(), "ucan", reader.ucan()),
              wanted(space.id(), "token", "nonsense"));
      List<String> errors = new ArrayList<>();
      answer.get("errors").forEach(error -> errors.add(error.get("error").asText()));
      assertThat(errors)
          .containsExactly(
              "bad_request", "bad_request", "not_found", "not_found", "forbidden", "forbidden");
      assertThat(answer.get("spaces")).isEmpty();

      assertThat(pushError(peer, space.id(), null)).isEqualTo("forbidden");
      assertThat(pushError(peer, space.id(), reader.ucan())).isEqualTo("forbidden");
      assertThat(pushError(peer, personal, null)).isEqualTo("forbidden");
      assertThat(pushError(peer, unknown, reader.ucan())).isEqualTo("not_found");
      JsonNode skipped = peer.request("pull", other.admin().with(reader.ucan()).spaces(0)).ok();
      assertThat(skipped.get("_chunks").asInt()).isZero();
      assertThat(peer.request("epoch.begin", reader.params("epoch", 2)).error())
          .isEqualTo("forbidden forbidden");
      peer.leave();
    }
  }

  private static String pushError(WireClient peer, String space, @Nullable String ucan) {
    return peer.request(
            "push",
            Requests.map(
                "space",
                space,
                "ucan",
                ucan,
                "changes",
                List.of(Requests.put(Requests.newId(), 0, new byte[1]))))
        .ok()
        .get("error")
        .asText();
  }

  @Test
  void subscriptionIsRenewedByItsTokenUntilSomethingIsRevoked() {
    SharedSpace space = SharedSpace.create(server);
    Member reader = space.invite("read");
    Member leaver = space.invite("read");
    String token;
    try (WireClient peer = PEERS.get(4).connect(port())) {
      token =
          subscribe(peer, wanted(space.id(), "ucan", reader.ucan()))
              .get("spaces")
              .get(0)
              .get("token")
              .asText();
    }
    awaitNoConnection("peer4.example");
    try (WireClient peer = PEERS.get(4).connect(port());
        WireClient other = OTHER.connect(port());
        WireClient local = space.admin().connect()) {
      JsonNode renewed = subscribe(peer, wanted(space.id(), "token", token));
      String second = renewed.get("spaces").get(0).get("token").asText();
      assertThat(second).isNotEqualTo(token);
      assertThat(
              subscribe(other, wanted(space.id(), "token", token))
                  .get("errors")
                  .get(0)
                  .get("error")
                  .asText())
          .isEqualTo("forbidden");
      local
          .request(
              "push",
              space
                  .admin()
                  .params("changes", List.of(Requests.put(Requests.newId(), 0, new byte[1]))))
          .ok();
      peer.expectNotification("sync");

      local.request("membership.revoke", space.admin().params("ucan_cid", leaver.cid())).ok();
      assertThat(peer.expectNotification("revoked").get("space").asText()).isEqualTo(space.id());
      JsonNode refused = subscribe(peer, wanted(space.id(), "token", second));
      assertThat(refused.get("errors").get(0).get("error").asText()).isEqualTo("forbidden");
      JsonNode again = subscribe(peer, wanted(space.id(), "ucan", reader.ucan()));
      assertThat(again.get("spaces")).hasSize(1);
      assertThat(subscribe(peer, wanted(space.id(), "ucan", leaver.ucan())).get("errors"))
          .hasSize(1);
      peer.leave();
      other.leave();
    }
  }

  @Test
  void membershipEpochsAndDeksAreServedByTheUcanAlone() {
    SharedSpace space = SharedSpace.create(server);
    Member admin = space.invite("admin");
    try (WireClient peer = PEERS.get(5).connect(port())) {
      byte[] payload = Requests.blob(64);
      JsonNode appended =
          peer.request(
                  "membership.append",
                  admin.params(
                      "expected_version", 0, "entry_hash", Sha256.of(payload), "payload", payload))
              .ok();
      assertThat(appended.get("chain_seq").asInt()).isEqualTo(1);
      assertThat(peer.request("membership.list", admin.params()).ok().get("entries")).hasSize(1);
      String record = Requests.newId();
      peer.request(
              "push",
              admin.params(
                  "changes", List.of(Requests.put(record, 0, new byte[1], Requests.dek(1)))))
          .ok();
      assertThat(peer.request("epoch.begin", admin.params("epoch", 2)).ok().get("epoch").asInt())
          .isEqualTo(2);
      assertThat(peer.request("deks.get", admin.params()).ok().get("deks")).hasSize(1);
      assertThat(
              peer.request(
                      "deks.rewrap",
                      admin.params(
                          "deks", List.of(Requests.map("id", record, "dek", Requests.dek(2)))))
                  .ok()
                  .get("count")
                  .asInt())
          .isEqualTo(1);
      peer.request("epoch.complete", admin.params("epoch", 2)).ok();
      assertThat(peer.request("file.deks.get", admin.params()).ok().get("_chunks").asInt())
          .isZero();
      peer.request("membership.revoke", admin.params("ucan_cid", TestUcan.cid(admin.ucan()))).ok();
      assertThat(peer.request("membership.list", admin.params()).error())
          .isEqualTo("forbidden forbidden");
      peer.leave();
    }
  }

  @Test
  void quotasHoldOneDomainBackAndNobodyElse() throws IOException {
    List<SharedSpace> spaces = Stream.generate(() -> SharedSpace.create(server)).limit(4).toList();
    try (WireClient first = QUOTA.connect(port());
        WireClient second = QUOTA.connect(port())) {
      // The server counts a connection after it has answered the handshake.
      first.expectOpen();
      second.expectOpen();
      try (WireClient third = QUOTA.connect(port())) {
        third.expectClose(4003, "too many federation connections");
      }
      first.expectOpen();

      Map<?, ?>[] all =
          spaces.stream()
              .map(space -> wanted(space.id(), "ucan", space.admin().ucan()))
              .toArray(Map<?, ?>[]::new);
      assertThat(first.request("subscribe", Map.of("spaces", List.of(all))).error())
          .isEqualTo("rate_limited space subscription quota exceeded");
      assertThat(status("quota.example").get("spaces").asInt()).isZero();
      subscribe(first, all[0], all[1]);
      subscribe(first, all[0], all[1]);
      subscribe(second, all[2]);
      assertThat(second.request("subscribe", Map.of("spaces", List.of(all[3]))).error())
          .startsWith("rate_limited");
      first.notify("unsubscribe", Requests.unsubscribe(spaces.get(0).id()));
      first.expectOpen();
      subscribe(second, all[3]);

      Member admin = spaces.get(0).admin();
      List<Object> many =
          Stream.generate(() -> (Object) Requests.put(Requests.newId(), 0, new byte[1]))
              .limit(30)
              .toList();
      first.request("push", admin.params("changes", many)).ok();
      assertThat(
              first
                  .request(
                      "push",
                      admin.params(
                          "changes",
                          Stream.generate(() -> Requests.put(Requests.newId(), 0, new byte[1]))
                              .limit(11)
                              .toList()))
                  .error())
          .isEqualTo("rate_limited record push quota exceeded");
      assertThat(
              second
                  .request(
                      "push",
                      admin.params(
                          "changes",
                          List.of(Requests.put(Requests.newId(), 0, Requests.blob(200_000)))))
                  .error())
          .isEqualTo("rate_limited record push quota exceeded");

      Map<String, Object> invitation =
          Requests.map("mailbox_id", "ab".repeat(32), "payload", "sealed");
      assertThat(first.request("fed.invitation", Map.of("mailbox_id", "x", "payload", "y")).error())
          .isEqualTo("bad_request mailbox_id must be 64-char hex string");
      assertThat(first.request("fed.invitation", invitation).ok().get("ok").asBoolean()).isTrue();
      second.request("fed.invitation", invitation).ok();
      assertThat(first.request("fed.invitation", invitation).error())
          .isEqualTo("rate_limited invitation quota exceeded");

      JsonNode usage = status("QUOTA.example:443");
      assertThat(usage.get("connections").asInt()).isEqualTo(2);
      assertThat(usage.get("spaces").asInt()).isEqualTo(3);
      assertThat(usage.get("records_this_hour").asInt()).isEqualTo(30);
      assertThat(usage.get("bytes_this_hour").asInt()).isEqualTo(30);
      assertThat(usage.get("invitations_this_hour").asInt()).isEqualTo(2);
      try (WireClient other = PEERS.get(6).connect(port())) {
        subscribe(other, all[0]);
        other.leave();
      }
    }
    awaitNoConnection("quota.example");
    awaitNoConnection("peer6.example");
    assertThat(status("quota.example").get("spaces").asInt()).isZero();
  }

  @Test
  void trustedPeersAreListedForBearersAndHealthCountsThem() throws IOException {
    String token = "Bearer " + server.newUser().token();
    var trusted =
        server
            .process()
            .send(
                HttpRequest.newBuilder(server.process().uri("/api/v1/federation/trusted"))
                    .header("Authorization", token));
    assertThat(trusted.body())
        .isEqualTo(
            SharedServers.peeredTrusts().stream()
                .map(domain -> '"' + domain + '"')
                .collect(Collectors.joining(",", "{\"domains\":[", "]}")));
    assertThat(server.process().get("/api/v1/federation/trusted").statusCode()).isEqualTo(401);
    assertThat(
            server
                .process()
                .send(
                    HttpRequest.newBuilder(
                            server.process().uri("/api/v1/federation/status/stranger.example"))
                        .header("Authorization", token))
                .statusCode())
        .isEqualTo(404);
    assertThat(status("OTHER.Example").get("domain").asText()).isEqualTo("other.example");
    assertThat(server.process().get("/health").body())
        .startsWith(
            "{\"status\":\"healthy\",\"federation\":{\"enabled\":true,\"peer_count\":"
                + SharedServers.peeredTrusts().size()
                + ",\"connections\":");
  }
}
