package dev.betterbase.sync.security;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.LimitedServer;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.postgresql.ds.PGSimpleDataSource;

/** The lines of the security log of a running server (docs/security.md, The security log). */
@SequentialIntegrationTest
@Order(1)
@ResourceLock(LimitedServer.LOCK)
class SecurityLogIT {
  private static final String LOGGER = " dev.betterbase.sync.security: ";
  private static final String PAYLOAD = "this is what the members say";

  private final TestServer server = LimitedServer.shared();

  /** Where the output of this test begins: others have used the server before. */
  private final int begin = server.process().output().length();

  /** What must not be in the log. */
  private final List<String> secrets = new ArrayList<>();

  private void awaitLine(String pattern) {
    await().untilAsserted(() -> assertThat(lines()).anyMatch(line -> line.matches(pattern)));
  }

  private List<String> lines() {
    return server
        .process()
        .output()
        .substring(begin)
        .lines()
        .filter(line -> line.contains(LOGGER))
        .map(line -> line.substring(line.indexOf(LOGGER) + LOGGER.length()))
        .toList();
  }

  @Test
  void whoIsRefusedAndWhatChangesIsALineThatNamesNobody() throws Exception {
    refuseAuthentication();
    reachLimits();
    changeMembers();
    refusePeer();
    changeSigningKeys();

    assertThat(secrets).hasSizeGreaterThan(8);
    assertThat(server.process().output()).doesNotContain(secrets);
  }

  private void refuseAuthentication() throws IOException {
    TestUser user = keepSecret(server.newUser());
    String expired = server.issuer().token().of(user).expiresIn(Duration.ofHours(-1)).sign();
    secrets.add(expired);
    try (WireClient client = server.connect(expired)) {
      client.expectClose(4000, "expired auth token");
    }
    awaitLine("authentication refused: expired auth token, from 127\\.0\\.0\\.1");
    server.process().get("/api/v1/spaces/" + user.personalSpace() + "/files/x");
    awaitLine("authentication refused: missing authorization, from 127\\.0\\.0\\.1");
    server
        .process()
        .send(
            HttpRequest.newBuilder(server.process().uri("/metrics"))
                .header("Authorization", "Bearer " + user.token()));
    awaitLine("authentication refused: metrics scope required, from .*");
    try (WireClient client = server.connect(user)) {
      client.request("token.refresh", map("token", "not-a-token-0123")).ok();
    }
    awaitLine("authentication refused: invalid auth token, from .*");
    secrets.add("not-a-token-0123");
  }

  private void reachLimits() {
    TestUser user = keepSecret(server.newUser());
    try (WireClient client = server.connect(user)) {
      String mailbox = Accesses.newCid();
      secrets.add(mailbox);
      var invitation = map("mailbox_id", mailbox, "payload", PAYLOAD);
      for (int i = 0; i < LimitedServer.INVITATIONS; i++) {
        client.request("invitation.create", invitation).ok();
      }
      assertThat(client.request("invitation.create", invitation).error())
          .startsWith("rate_limited");
      awaitLine("limit reached: invitation\\.create, by person [0-9a-f]{16}");
      try (WireClient second = server.connect(user)) {
        second.expectClose(4003, "too many connections");
      }
      awaitLine("limit reached: too many connections, by person [0-9a-f]{16}");
    }
  }

  private void changeMembers() {
    SharedSpace space = SharedSpace.create(server);
    Member admin = space.admin();
    Member writer = space.invite("write");
    keepSecret(admin.user());
    secrets.add(admin.key().did());
    secrets.add(admin.ucan());
    secrets.add(writer.cid());
    byte[] payload = PAYLOAD.getBytes(StandardCharsets.UTF_8);
    secrets.add(PAYLOAD);
    try (WireClient client = admin.connect()) {
      client
          .request(
              "membership.append",
              admin.params(
                  "expected_version", 0, "entry_hash", Sha256.of(payload), "payload", payload))
          .ok();
      client.request("membership.revoke", admin.params("ucan_cid", writer.cid())).ok();
    }
    awaitLine("membership changed by an admin: space " + space.id() + ", by person [0-9a-f]{16}");
    awaitLine("capability revoked: space " + space.id() + ", by person [0-9a-f]{16}");
  }

  private void refusePeer() {
    try (WebSocketWire wire = WebSocketWire.connect(server.process().port(), 0)) {
      assertThat(
              wire.handshake("/api/v1/federation/ws", "Sec-WebSocket-Protocol: betterbase-rpc-v1")
                  .status())
          .isEqualTo(401);
    }
    awaitLine("peer refused: signature verification failed, from 127\\.0\\.0\\.1");
  }

  private void changeSigningKeys() throws Exception {
    // The server must have read the keys once before, to see the change.
    server.process().get("/.well-known/jwks.json");
    String seed = "5eed".repeat(16);
    secrets.add(seed);
    PGSimpleDataSource direct = new PGSimpleDataSource();
    direct.setUrl(LimitedServer.database().jdbcUrl());
    String id = "https://sync.example.com/.well-known/jwks.json#two";
    Databases.execute(
        direct,
        "select add_signing_key('%s', decode('%s', 'hex'), decode('%s', 'hex'), false)"
            .formatted(id, seed, "00".repeat(32)));
    await()
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> assertThat(server.process().get("/.well-known/jwks.json").body()).contains(id));
    awaitLine("signing keys changed: .*#fed-[0-9]+\\*, .*#two");
  }

  private TestUser keepSecret(TestUser user) {
    secrets.add(user.subject());
    secrets.add(user.token());
    user.mailbox().ifPresent(secrets::add);
    return user;
  }
}
