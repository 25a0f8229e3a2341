package dev.betterbase.sync.membership;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUcan;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a revocation ends, and who is told (methods.md, membership.revoke). */
@IntegrationTest
class RevocationIT {
  private static final Duration NOTHING_COMES = Duration.ofMillis(500);

  private final TestServer server = TestServer.shared();
  private final SharedSpace space = SharedSpace.create(server);
  private final Member admin = space.admin();

  private void revoke(String cid) {
    try (WireClient client = admin.connect()) {
      assertThat(client.request("membership.revoke", admin.params("ucan_cid", cid)).ok())
          .hasToString("{}");
    }
  }

  private static void subscribe(WireClient client, Member member) {
    assertThat(client.request("subscribe", member.spaces(0)).ok().get("spaces")).hasSize(1);
  }

  private static JsonNode push(WireClient client, Member member) {
    return client
        .request(
            "push",
            member.params(
                "changes", List.of(Requests.put(Requests.newId(), 0, Requests.blob(100)))))
        .ok();
  }

  private static String subscribeError(WireClient client, Member member) {
    return client
        .request("subscribe", member.spaces(0))
        .ok()
        .get("errors")
        .get(0)
        .get("error")
        .asText();
  }

  @Test
  void whoRestsOnItHearsNothingMoreAndAllOthersAreTold() {
    Member between = space.invite("write");
    Member below = between.invite("read");
    Member untouched = space.invite("write");
    try (WireClient betweens = between.connect();
        WireClient belows = below.connect();
        WireClient others = untouched.connect();
        WireClient admins = admin.connect()) {
      subscribe(betweens, between);
      subscribe(belows, below);
      subscribe(others, untouched);
      subscribe(admins, admin);
      betweens.notify("presence.set", map("space", space.id(), "data", new byte[] {7}));
      String peer = others.expectNotification("presence").get("peer").asText();

      admins.request("membership.revoke", admin.params("ucan_cid", between.cid())).ok();

      for (WireClient each : List.of(betweens, belows, others)) {
        assertThat(each.expectNotification("revoked"))
            .hasToString("{\"space\":\"" + space.id() + "\",\"reason\":\"ucan_revoked\"}");
      }
      assertThat(others.expectNotification("presence.leave").get("peer").asText()).isEqualTo(peer);
      assertThat(push(admins, admin).get("ok").asBoolean()).isTrue();
      assertThat(others.expectNotification("sync").get("cursor").asLong()).isEqualTo(1);
      assertThat(betweens.pollNotification("sync", NOTHING_COMES)).isEmpty();
      assertThat(belows.pollNotification("sync", NOTHING_COMES)).isEmpty();
      assertThat(admins.pollNotification("revoked", NOTHING_COMES))
          .as("whoever revoked has the reply")
          .isEmpty();

      assertThat(push(betweens, between).get("error").asText()).isEqualTo("forbidden");
      assertThat(subscribeError(belows, below)).isEqualTo("forbidden");
      betweens.expectOpen();
      // A second revocation of the same capability changes nothing.
      admins.request("membership.revoke", admin.params("ucan_cid", between.cid())).ok();
      assertThat(push(others, untouched).get("ok").asBoolean()).isTrue();
    }
  }

  @Test
  void aRevokedTokenDoesNotComeBackWithItsOtherSignature() {
    Member member = space.invite("write");
    Member twin = member.with(TestUcan.twin(member.ucan()));
    try (WireClient client = member.connect()) {
      assertThat(push(client, twin).get("ok").asBoolean()).as("both verify").isTrue();
      subscribe(client, twin);
      revoke(member.cid());
      client.expectNotification("revoked");
      assertThat(push(client, twin).get("error").asText()).isEqualTo("forbidden");
      assertThat(subscribeError(client, twin)).isEqualTo("forbidden");
      assertThat(client.request("membership.list", twin.params()).error())
          .isEqualTo("forbidden forbidden");
    }
  }

  @Test
  void aRevocationCountsInItsSpaceAlone() {
    Member member = space.invite("write");
    SharedSpace other = SharedSpace.create(server);
    try (WireClient client = other.admin().connect()) {
      client.request("membership.revoke", other.admin().params("ucan_cid", member.cid())).ok();
    }
    try (WireClient client = member.connect()) {
      assertThat(push(client, member).get("ok").asBoolean()).isTrue();
    }
  }

  @Test
  void anotherChainGoesOn() {
    Member member = space.invite("read");
    String fresh =
        admin
            .key()
            .ucan()
            .to(member.key())
            .on(space.id())
            .allows("read")
            .under(admin.ucan())
            .sign();
    try (WireClient client = member.connect()) {
      subscribe(client, member);
      revoke(member.cid());
      client.expectNotification("revoked");
      subscribe(client, member.with(fresh));
      try (WireClient admins = admin.connect()) {
        push(admins, admin);
      }
      client.expectNotification("sync");
    }
  }

  @Test
  void aStreamUnderWayEndsInForbidden() {
    try (WireClient admins = admin.connect()) {
      for (int i = 0; i < 24; i++) {
        byte[] blob = Requests.blob(1_000_000);
        admins
            .request(
                "push", admin.params("changes", List.of(Requests.put(Requests.newId(), 0, blob))))
            .ok();
      }
    }
    Member reader = space.invite("read");
    try (WireClient slow =
        WireClient.open(server.process().port(), 16 * 1024).authenticate(reader.token())) {
      String pull = slow.start("pull", reader.spaces(0));
      // Its first chunk is here: the stream runs, and most of it waits for this client to read.
      slow.nextReply();
      revoke(reader.cid());
      WireClient.Reply reply = slow.await(pull);
      assertThat(reply.error()).isEqualTo("forbidden forbidden");
      assertThat(reply.chunks().size()).as("what waited was taken back").isLessThan(20);
      slow.expectOpen();
    }
  }

  @Test
  void anExpiredChainEndsASubscription() {
    TestKey key = TestKey.create();
    String shortLived =
        admin
            .key()
            .ucan()
            .to(key)
            .on(space.id())
            .allows("read")
            .under(admin.ucan())
            .expiresIn(Duration.ofSeconds(10))
            .sign();
    Member member = new Member(server, server.newUser(), key, space.id(), shortLived);
    Member other = space.invite("read");
    try (WireClient client = member.connect();
        WireClient others = other.connect()) {
      subscribe(client, member);
      subscribe(others, other);
      assertThat(client.expectNotification("revoked"))
          .hasToString("{\"space\":\"" + space.id() + "\",\"reason\":\"ucan_expired\"}");
      assertThat(subscribeError(client, member)).isEqualTo("forbidden");
      assertThat(others.pollNotification("revoked", NOTHING_COMES))
          .as("not their affair")
          .isEmpty();
    }
  }

  @Test
  void anotherDidEndsWhatRestsOnTheFirst() {
    Member member = space.invite("read");
    Member sameKey = space.invite("read");
    try (WireClient client = member.connect()) {
      subscribe(client, member);
      String sameDid =
          server.issuer().token().of(member.user()).claim("did", member.key().did()).sign();
      assertThat(client.request("token.refresh", map("token", sameDid)).ok().get("ok").asBoolean())
          .isTrue();
      assertThat(client.pollNotification("revoked", NOTHING_COMES)).isEmpty();
      String another =
          server.issuer().token().of(member.user()).claim("did", sameKey.key().did()).sign();
      assertThat(client.request("token.refresh", map("token", another)).ok().get("ok").asBoolean())
          .isTrue();
      assertThat(client.expectNotification("revoked").get("reason").asText())
          .isEqualTo("ucan_revoked");
      try (WireClient admins = admin.connect()) {
        push(admins, admin);
      }
      assertThat(client.pollNotification("sync", NOTHING_COMES)).isEmpty();
    }
  }

  @Test
  void noPushOfARevokedChainIsDoneBehindTheReply() throws Exception {
    Member writer = space.invite("write");
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<Long>> pushing =
          Stream.generate(() -> threads.submit(() -> pushUntilRefused(writer))).limit(3).toList();
      Thread.sleep(300);
      revoke(writer.cid());
      long cursor;
      try (WireClient client = admin.connect()) {
        cursor =
            client
                .request("subscribe", admin.spaces(0))
                .ok()
                .get("spaces")
                .get(0)
                .get("cursor")
                .asLong();
      }
      for (Future<Long> each : pushing) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isLessThanOrEqualTo(cursor);
      }
    }
  }

  /** The cursor of the last push that was done. */
  private static long pushUntilRefused(Member writer) {
    long last = 0;
    try (WireClient client = writer.connect()) {
      for (JsonNode result = push(client, writer); ; result = push(client, writer)) {
        if (!result.get("ok").asBoolean()) {
          assertThat(result.get("error").asText()).isEqualTo("forbidden");
          return last;
        }
        last = result.get("cursor").asLong();
      }
    }
  }

  @Test
  void twoHundredNewSignaturesAreVerifiedInOneCall() {
    TestKey key = TestKey.create();
    var user = server.newUser();
    List<Map<String, Object>> wanted = new ArrayList<>();
    List<Map<String, Object>> pulled = new ArrayList<>();
    try (WireClient client =
        server.connect(server.issuer().token().of(user).claim("did", key.did()).sign())) {
      for (int i = 0; i < 101; i++) {
        String id = Requests.newId();
        TestKey root = TestKey.create();
        // Spaces are many, and one connection may make 100 an hour.
        if (i < 100) {
          client.request("space.create", map("id", id, "root_public_key", root.compressed())).ok();
        } else {
          try (WireClient other = server.connect(server.newUser())) {
            other.request("space.create", map("id", id, "root_public_key", root.compressed())).ok();
          }
        }
        for (List<Map<String, Object>> each : List.of(wanted, pulled)) {
          TestKey between = TestKey.create();
          String proof = root.ucan().to(between).on(id).allows("admin").sign();
          String ucan = between.ucan().to(key).on(id).allows("read").under(proof).sign();
          each.add(map("id", id, "since", 0, "ucan", ucan));
        }
      }
      JsonNode result = client.request("subscribe", map("spaces", wanted)).ok();
      assertThat(result.get("spaces")).hasSize(100);
      assertThat(result.get("errors")).hasSize(1);
      assertThat(result.get("errors").get(0).get("error").asText()).isEqualTo("rate_limited");
      assertThat(result.get("errors").get(0).get("space").asText())
          .isEqualTo(wanted.get(100).get("id"));
      // Those that were verified are known by now.
      result = client.request("subscribe", map("spaces", wanted)).ok();
      assertThat(result.get("spaces")).hasSize(101);
      // A pull skips a space whose chain is one too many, as any that may not be read.
      assertThat(spacesOf(client.request("pull", map("spaces", pulled)))).isEqualTo(100);
      assertThat(spacesOf(client.request("pull", map("spaces", pulled)))).isEqualTo(101);
    }
  }

  private static long spacesOf(WireClient.Reply pull) {
    pull.ok();
    return pull.chunks().stream()
        .filter(chunk -> chunk.get("name").asText().equals("pull.begin"))
        .count();
  }

  @Test
  void aThousandRevocationsOfOnePersonPassInOneSpace() {
    int atOnce = 1_000;
    int passed = 0;
    String answer = "";
    // Again and again on new connections, which must not begin with an allowance of their own.
    while (answer.isEmpty() && passed < 2 * atOnce) {
      try (WireClient client = admin.connect()) {
        for (int i = 0; i < 300 && answer.isEmpty(); i++) {
          WireClient.Reply reply = revokeUnknown(client, admin);
          if (reply.code() == null) {
            passed++;
          } else {
            answer = reply.error();
          }
        }
      }
    }
    assertThat(answer).isEqualTo("rate_limited too many revocations");
    assertThat(passed).as("one more every 3.6 s").isBetween(atOnce, atOnce + atOnce / 2);
    Member otherAdmin = space.invite("admin");
    try (WireClient client = otherAdmin.connect()) {
      assertThat(revokeUnknown(client, otherAdmin).ok()).as("another person").isEmpty();
    }
    SharedSpace other = SharedSpace.create(server);
    Member there =
        new Member(server, admin.user(), other.admin().key(), other.id(), other.admin().ucan());
    try (WireClient client = there.connect()) {
      assertThat(revokeUnknown(client, there).ok()).as("another space").isEmpty();
    }
  }

  private static WireClient.Reply revokeUnknown(WireClient client, Member by) {
    return client.request("membership.revoke", by.params("ucan_cid", Accesses.newCid()));
  }

  @Test
  void anUnknownCidMayBeRevokedAheadOfTime() {
    Member member = space.invite("write");
    revoke(Accesses.newCid());
    revoke(member.cid());
    try (WireClient client = member.connect()) {
      assertThat(push(client, member).get("error").asText()).isEqualTo("forbidden");
    }
  }

  @Test
  void aRevokedSubscriberIsToldInItsOwnSpelling() {
    Member member = space.invite("read");
    String shouted = space.id().toUpperCase(Locale.ROOT);
    try (WireClient client = member.connect()) {
      client.request("subscribe", member.spaces(0, "id", shouted)).ok();
      revoke(member.cid());
      assertThat(client.expectNotification("revoked").get("space").asText()).isEqualTo(shouted);
    }
  }
}
