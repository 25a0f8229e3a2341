package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.Servers;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.federation.TestPeer;
import dev.betterbase.sync.operation.MetricsTable;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** federation.md, Calling: members of a space on their own server, its home being another. */
@IntegrationTest
class CallingIT {
  private static final int HOME = 0;
  private static final int AWAY = 1;
  private static Servers servers;

  @BeforeAll
  static void start() {
    servers = SharedServers.pair();
  }

  private static SharedSpace newSpace() {
    return servers.newSpace(HOME, AWAY);
  }

  private static WireClient subscribed(Member member) {
    WireClient client = member.connect();
    JsonNode answer = client.request("subscribe", member.spaces(0)).ok();
    assertThat(answer.get("spaces")).as(answer.toString()).hasSize(1);
    return client;
  }

  static long push(WireClient client, Member member, String record, long expected) {
    JsonNode pushed =
        client
            .request(
                "push",
                member.params(
                    "changes",
                    List.of(Requests.put(record, expected, Requests.blob(50), Requests.dek(1)))))
            .ok();
    assertThat(pushed.get("ok").asBoolean()).as(pushed.toString()).isTrue();
    return pushed.get("cursor").asLong();
  }

  @Test
  void pushOnEitherServerIsSeenOnBoth() throws IOException {
    SharedSpace space = newSpace();
    Member first = servers.invite(space, "write", AWAY);
    Member second = servers.invite(space, "read", AWAY);
    try (WireClient home = subscribed(space.admin());
        WireClient one = subscribed(first);
        WireClient two = subscribed(second)) {
      String record = Requests.newId();
      assertThat(push(home, space.admin(), record, 0)).isEqualTo(1);
      for (WireClient away : List.of(one, two)) {
        JsonNode sync = away.expectNotification("sync");
        assertThat(sync.get("prev").asLong()).isZero();
        assertThat(sync.get("records").get(0).get("id").asText()).isEqualTo(record);
        assertThat(sync.get("records").get(0).get("blob").binaryValue()).hasSize(50);
      }

      assertThat(push(one, first, record, 1)).isEqualTo(2);
      for (WireClient other : List.of(home, two)) {
        JsonNode sync = other.expectNotification("sync");
        assertThat(sync.get("cursor").asLong()).isEqualTo(2);
        assertThat(sync.get("records")).hasSize(1);
      }
      assertThat(one.pollNotification("sync", Duration.ofMillis(300))).isEmpty();

      JsonNode conflict =
          one.request(
                  "push", first.params("changes", List.of(Requests.put(record, 1, new byte[1]))))
              .ok();
      assertThat(conflict.get("error").asText()).isEqualTo("conflict");
      JsonNode refused =
          two.request(
                  "push", second.params("changes", List.of(Requests.put(record, 2, new byte[1]))))
              .ok();
      assertThat(refused.get("error").asText()).isEqualTo("forbidden");
    }
  }

  @Test
  void membershipEpochsAndDeksGoToTheHome() {
    SharedSpace space = newSpace();
    Member admin = servers.invite(space, "admin", AWAY);
    Member other = servers.invite(space, "read", AWAY);
    try (WireClient client = subscribed(admin);
        WireClient watcher = subscribed(other);
        WireClient home = subscribed(space.admin())) {
      byte[] payload = Requests.blob(64);
      JsonNode appended =
          client
              .request(
                  "membership.append",
                  admin.params(
                      "expected_version", 0, "entry_hash", Sha256.of(payload), "payload", payload))
              .ok();
      assertThat(appended.get("chain_seq").asInt()).isEqualTo(1);
      for (WireClient told : List.of(home, watcher)) {
        JsonNode notice = told.expectNotification("membership");
        assertThat(notice.get("cursor").asLong()).isEqualTo(1);
        assertThat(notice.get("entries")).hasSize(1);
      }
      assertThat(client.pollNotification("membership", Duration.ofMillis(300))).isEmpty();
      assertThat(watcher.request("membership.list", other.params()).ok().get("entries")).hasSize(1);

      String record = Requests.newId();
      push(client, admin, record, 0);
      assertThat(client.request("epoch.begin", admin.params("epoch", 2)).ok().get("epoch").asInt())
          .isEqualTo(2);
      assertThat(client.request("epoch.begin", admin.params("epoch", 2)).ok().get("error").asText())
          .isEqualTo("epoch_conflict");
      WireClient.Reply deks = client.request("deks.get", admin.params());
      assertThat(deks.chunks()).hasSize(1);
      assertThat(deks.ok().get("deks")).hasSize(1);
      assertThat(
              client
                  .request(
                      "deks.rewrap",
                      admin.params(
                          "deks", List.of(Requests.map("id", record, "dek", Requests.dek(2)))))
                  .ok()
                  .get("count")
                  .asInt())
          .isEqualTo(1);
      client.request("epoch.complete", admin.params("epoch", 2)).ok();
      assertThat(watcher.request("epoch.begin", other.params("epoch", 3)).error())
          .isEqualTo("forbidden forbidden");
    }
  }

  @Test
  void whoIsRevokedIsDroppedAndTheOthersGoOn() {
    SharedSpace space = newSpace();
    Member stays = servers.invite(space, "write", AWAY);
    Member goes = servers.invite(space, "write", AWAY);
    try (WireClient home = subscribed(space.admin());
        WireClient staying = subscribed(stays);
        WireClient going = subscribed(goes)) {
      home.request("membership.revoke", space.admin().params("ucan_cid", goes.cid())).ok();
      staying.expectNotification("revoked");
      going.expectNotification("revoked");

      String record = Requests.newId();
      push(home, space.admin(), record, 0);
      assertThat(staying.expectNotification("sync").get("cursor").asLong()).isEqualTo(1);
      assertThat(push(staying, stays, record, 1)).isEqualTo(2);
      assertThat(going.pollNotification("sync", Duration.ofMillis(500))).isEmpty();
      JsonNode refused =
          going
              .request(
                  "push", goes.params("changes", List.of(Requests.put(record, 2, new byte[1]))))
              .ok();
      assertThat(refused.get("error").asText()).isEqualTo("forbidden");
      assertThat(going.request("membership.list", goes.params()).error())
          .isEqualTo("forbidden forbidden");
      assertThat(
              going
                  .request("subscribe", goes.spaces(0))
                  .ok()
                  .get("errors")
                  .get(0)
                  .get("error")
                  .asText())
          .isEqualTo("forbidden");
    }
  }

  @Test
  void memberAwayRevokesAnother() {
    SharedSpace space = newSpace();
    Member admin = servers.invite(space, "admin", AWAY);
    Member goes = servers.invite(space, "read", AWAY);
    try (WireClient client = subscribed(admin);
        WireClient going = subscribed(goes);
        WireClient home = subscribed(space.admin())) {
      client.request("membership.revoke", admin.params("ucan_cid", goes.cid())).ok();
      going.expectNotification("revoked");
      home.expectNotification("revoked");
      push(home, space.admin(), Requests.newId(), 0);
      client.expectNotification("sync");
      assertThat(going.pollNotification("sync", Duration.ofMillis(500))).isEmpty();
    }
  }

  @Test
  void membersHereAndThereSeeOneAnother() {
    membersSeeOneAnother(servers, newSpace(), AWAY);
  }

  /** Members at home, on the second server, and on another or once more on the second. */
  static void membersSeeOneAnother(Servers servers, SharedSpace space, int other) {
    Member second = servers.invite(space, "write", AWAY);
    Member third = servers.invite(space, "admin", other);
    Member goes = servers.invite(space, "read", AWAY);
    try (WireClient one = subscribed(space.admin());
        WireClient two = subscribed(second);
        WireClient three = subscribed(third);
        WireClient going = subscribed(goes)) {
      List<WireClient> all = List.of(one, two, three, going);
      assertThat(push(one, space.admin(), Requests.newId(), 0)).isEqualTo(1);
      assertAllBut(one, all, "sync", 1);
      assertThat(push(two, second, Requests.newId(), 0)).isEqualTo(2);
      assertAllBut(two, all, "sync", 2);
      assertThat(push(three, third, Requests.newId(), 0)).isEqualTo(3);
      assertAllBut(three, all, "sync", 3);

      byte[] payload = Requests.blob(64);
      three
          .request(
              "membership.append",
              third.params(
                  "expected_version", 0, "entry_hash", Sha256.of(payload), "payload", payload))
          .ok();
      assertAllBut(three, all, "membership", 4);

      three.request("membership.revoke", third.params("ucan_cid", goes.cid())).ok();
      for (WireClient told : List.of(one, two, going)) {
        told.expectNotification("revoked");
      }
      assertThat(push(one, space.admin(), Requests.newId(), 0)).isEqualTo(5);
      for (WireClient told : List.of(two, three)) {
        assertThat(told.expectNotification("sync").get("cursor").asLong()).isEqualTo(5);
      }
      assertThat(going.pollNotification("sync", Duration.ofMillis(500))).isEmpty();
    }
  }

  private static void assertAllBut(
      WireClient author, List<WireClient> all, String method, long cursor) {
    for (WireClient client : all) {
      if (client != author) {
        assertThat(client.expectNotification(method).get("cursor").asLong()).isEqualTo(cursor);
      }
    }
  }

  @Test
  void invitationReachesAMailboxOnAnotherServer() {
    TestServer home = servers.server(HOME);
    String mailbox = (UUID.randomUUID() + "" + UUID.randomUUID()).replace("-", "");
    try (WireClient guest = home.connect(home.newUser().withMailbox(mailbox));
        WireClient host = servers.server(AWAY).connect(servers.server(AWAY).newUser())) {
      Map<String, Object> invitation =
          Requests.map("mailbox_id", mailbox, "payload", "sealed", "server", servers.domain(HOME));
      JsonNode sent = host.request("invitation.create", invitation).ok();
      assertThat(sent.toString())
          .isEqualTo(
              "{\"id\":\"forwarded\",\"payload\":\"sealed\",\"created_at\":\"\",\"expires_at\":\"\"}");
      guest.expectNotification("invitation");
      assertThat(
              guest
                  .request("invitation.list", Map.of())
                  .ok()
                  .get("invitations")
                  .get(0)
                  .get("payload")
                  .asText())
          .isEqualTo("sealed");
      invitation.put("server", "stranger.example");
      assertThat(host.request("invitation.create", invitation).error())
          .isEqualTo("bad_request target server is not a trusted federation peer");
    }
  }

  @Test
  void whatIsCalledAndWhoCallsIsInTheMetrics() throws IOException {
    SharedSpace space = newSpace();
    Member member = servers.invite(space, "write", AWAY);
    try (WireClient client = subscribed(member)) {
      String id = Requests.newId();
      push(client, member, id, 0);
      assertThat(client.request("no.such.method", Map.of()).error()).startsWith("method_not_found");
    }
    TestPeer.handshake(
        servers.server(HOME).process().port(), "Sec-WebSocket-Protocol: betterbase-rpc-v1");

    assertThat(metrics(AWAY))
        .contains("betterbase_federation_home_connected{home=\"localhost\"} 1.0")
        .containsPattern(
            "betterbase_federation_home_calls_seconds_count\\{home=\"localhost\",method=\"push\","
                + "outcome=\"ok\"} [1-9]");
    String peer = "peer=\"127.0.0.1:" + servers.server(AWAY).process().port() + "\"";
    assertThat(metrics(HOME))
        .contains("betterbase_federation_peer_connections{" + peer + "} 1.0")
        .containsPattern("betterbase_federation_peer_records_this_hour\\{" + peer + "} [1-9]")
        .containsPattern("betterbase_federation_requests_refused_total\\{status=\"401\"} [1-9]");
    assertThat(servers.server(HOME).process().get("/metrics").statusCode()).isEqualTo(401);
    assertThat(String.join("\n", MetricsTable.documented()))
        .as("docs/metrics.md; its rows are the ones that the test expects here")
        .isEqualTo(String.join("\n", MetricsTable.of(metrics(HOME), metrics(AWAY))));
  }

  private static String metrics(int on) throws IOException {
    return servers.server(on).metrics();
  }

  @Test
  void homeThatIsNotTrustedMakesNoSpaceKnown() {
    try (WireClient client = servers.server(AWAY).connect(servers.server(AWAY).newUser())) {
      assertThat(
              client
                  .request(
                      "space.create",
                      Requests.map(
                          "id",
                          UUID.randomUUID().toString(),
                          "root_public_key",
                          TestKey.create().compressed(),
                          "home_server",
                          "stranger.example"))
                  .error())
          .isEqualTo("bad_request home server is not trusted");
    }
  }
}
