package dev.betterbase.sync.invitation;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** methods.md, Invitations. */
@IntegrationTest
@NullUnmarked
class InvitationIT {
  private static final int PAYLOAD_LIMIT = 128 * 1024;
  private static final int FRAME_LIMIT = 4_194_304;
  private static final String NOT_FOUND = "not_found not found";

  private static final PGSimpleDataSource DATABASE = new PGSimpleDataSource();
  private static TestServer server;

  private final String mailbox = Accesses.newCid();
  private TestUser user;
  private WireClient sender;
  private WireClient owner;

  @BeforeAll
  static void start() {
    DATABASE.setUrl(SharedServers.peeredDatabase().jdbcUrl());
    server = SharedServers.peered();
  }

  @BeforeEach
  void connect() {
    user = server.newUser().withMailbox(mailbox);
    sender = server.connect(server.newUser());
    owner = server.connect(user);
  }

  @AfterEach
  void disconnect() {
    sender.close();
    owner.close();
  }

  private static Map<String, Object> to(String mailbox, String payload) {
    return map("mailbox_id", mailbox, "payload", payload);
  }

  private JsonNode create(String payload) {
    return sender.request("invitation.create", to(mailbox, payload)).ok();
  }

  private String refused(Map<String, Object> params) {
    return sender.request("invitation.create", params).error();
  }

  private JsonNode list(Object... params) {
    JsonNode result = owner.request("invitation.list", map(params)).ok();
    assertThat(result.fieldNames()).toIterable().containsExactly("invitations");
    return result.get("invitations");
  }

  /** Fills the mailbox with invitations, one a second, oldest first. */
  private void fill(int count, int payload) {
    Databases.execute(
        DATABASE,
        """
        insert into invitations (mailbox_id, payload, created_at, expires_at)
        select '%s', convert_to(repeat('x', %d), 'UTF8'), at, at + interval '7 days'
          from (select now() - make_interval(secs => %d - i) as at
                  from generate_series(1, %d) i) as times
        """
            .formatted(mailbox, payload, count, count));
  }

  private static void expire(String id) {
    Databases.execute(
        DATABASE,
        "update invitations set expires_at = now() - interval '1 second' where id = '" + id + "'");
  }

  private List<String> ids(int count) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(create("invitation " + i).get("id").textValue());
    }
    return ids;
  }

  private static List<String> ids(JsonNode invitations) {
    List<String> ids = new ArrayList<>();
    invitations.forEach(each -> ids.add(each.get("id").textValue()));
    return ids;
  }

  @Test
  void everythingThatIsWrongIsSaidInItsOrder() {
    String invalid = "invalid_params invalid invitation create params";
    assertThat(refused(null)).isEqualTo(invalid);
    assertThat(refused(map("mailbox_id", 7))).isEqualTo(invalid);
    assertThat(refused(map("payload", new byte[1]))).isEqualTo(invalid);
    assertThat(refused(map("server", false))).isEqualTo(invalid);
    assertThat(refused(map())).isEqualTo(invalid);
    assertThat(refused(map("payload", "x"))).isEqualTo(invalid);
    assertThat(refused(map("mailbox_id", mailbox))).isEqualTo(invalid);
    assertThat(refused(map("mailbox_id", null, "payload", "x", "server", "p"))).isEqualTo(invalid);
    assertThat(refused(map("mailbox_id", mailbox, "payload", null))).isEqualTo(invalid);

    String missing = "bad_request missing mailbox_id";
    assertThat(refused(to("", "x"))).isEqualTo(missing);
    assertThat(refused(to("", "x".repeat(PAYLOAD_LIMIT + 1)))).isEqualTo(missing);

    String form = "bad_request mailbox_id must be 64-char hex string";
    for (String bad :
        List.of(
            mailbox.substring(1),
            mailbox + "0",
            "A" + mailbox.substring(1),
            "g" + mailbox.substring(1),
            " " + mailbox.substring(1),
            "x".repeat(100_000))) {
      assertThat(refused(to(bad, ""))).isEqualTo(form);
    }

    String payload = "bad_request missing payload";
    assertThat(refused(to(mailbox, ""))).isEqualTo(payload);
    assertThat(refused(map("mailbox_id", mailbox, "payload", "", "server", "p")))
        .isEqualTo(payload);

    String large = "payload_too_large payload too large";
    assertThat(refused(to(mailbox, "x".repeat(PAYLOAD_LIMIT + 1)))).isEqualTo(large);
    assertThat(refused(to(mailbox, "é".repeat(PAYLOAD_LIMIT / 2) + "x"))).isEqualTo(large);
    Map<String, Object> abroad = to(mailbox, "x".repeat(PAYLOAD_LIMIT + 1));
    abroad.put("server", "peer.example");
    assertThat(refused(abroad)).isEqualTo(large);

    assertThat(list()).as("nothing of it was stored").isEmpty();
  }

  @Test
  void aServerWithoutFederationSendsNoneToAnother() {
    TestServer alone = TestServer.shared();
    Map<String, Object> abroad = to(mailbox, "x");
    abroad.put("server", "peer.example");
    try (WireClient client = alone.connect(alone.newUser())) {
      assertThat(client.request("invitation.create", abroad).error())
          .isEqualTo("bad_request federation is not enabled on this server");
    }
  }

  @Test
  void anInvitationIsFoundAsItWasCreated() {
    String payload = "grüße ☃ \0" + "é".repeat(100);
    Instant before = Instant.now();
    JsonNode created = create(payload);
    assertThat(created.fieldNames())
        .toIterable()
        .containsExactly("id", "payload", "created_at", "expires_at");
    assertThat(created.get("payload").textValue()).isEqualTo(payload);
    String id = created.get("id").textValue();
    assertThat(UUID.fromString(id)).hasToString(id);
    String rfc3339 = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z";
    assertThat(created.get("created_at").textValue()).matches(rfc3339);
    assertThat(created.get("expires_at").textValue()).matches(rfc3339);
    Instant createdAt = Instant.parse(created.get("created_at").textValue());
    Instant expiresAt = Instant.parse(created.get("expires_at").textValue());
    assertThat(createdAt).isBetween(before.minusSeconds(5), Instant.now().plusSeconds(5));
    assertThat(Duration.between(createdAt, expiresAt)).isEqualTo(Duration.ofDays(7));

    assertThat(owner.request("invitation.get", map("id", id)).ok()).isEqualTo(created);
    assertThat(list()).containsExactly(created);
    assertThat(list().get(0).toString()).as("in the same order").isEqualTo(created.toString());
  }

  @Test
  void theLargestPayloadAndAnEmptyServerAreFine() {
    Map<String, Object> params = to(mailbox, "é".repeat(PAYLOAD_LIMIT / 2));
    params.put("server", "");
    JsonNode created = sender.request("invitation.create", params).ok();
    assertThat(list()).containsExactly(created);
  }

  @Test
  void aListHas50AndAtMost200() {
    fill(230, 1);
    List<String> all = ids(list("limit", 200));
    assertThat(all).hasSize(200).doesNotHaveDuplicates();
    assertThat(ids(list())).isEqualTo(all.subList(0, 50));
    assertThat(ids(list("limit", null, "after", null))).isEqualTo(all.subList(0, 50));
    assertThat(ids(list("limit", 0))).hasSize(50);
    assertThat(ids(list("limit", -7))).hasSize(50);
    assertThat(ids(list("limit", 1))).isEqualTo(all.subList(0, 1));
    assertThat(ids(list("limit", 201))).isEqualTo(all);
    assertThat(ids(list("limit", Integer.MAX_VALUE))).isEqualTo(all);
    assertThat(ids(list("after", all.get(9), "limit", 5))).isEqualTo(all.subList(10, 15));
    assertThat(ids(list("after", all.get(199)))).hasSize(30).doesNotContainAnyElementsOf(all);
    List<String> times = new ArrayList<>();
    list("limit", 200).forEach(each -> times.add(each.get("created_at").textValue()));
    assertThat(times.stream().map(Instant::parse).toList()).isSorted();
  }

  @Test
  void aListNamesWhatIsWrong() {
    String invalid = "invalid_params invalid invitation list params";
    assertThat(owner.request("invitation.list", map("limit", "x")).error()).isEqualTo(invalid);
    assertThat(owner.request("invitation.list", map("limit", 1L << 31)).error()).isEqualTo(invalid);
    assertThat(owner.request("invitation.list", map("after", 7)).error()).isEqualTo(invalid);
    String cursor = "bad_request invalid invitation cursor";
    String id = ids(1).getFirst();
    assertThat(ids(list("after", ""))).as("\"\" is not given").contains(id);
    for (String bad : List.of("junk", id.replace("-", ""), "{" + id + "}")) {
      assertThat(owner.request("invitation.list", map("after", bad)).error()).isEqualTo(cursor);
    }
    assertThat(list("after", UUID.randomUUID().toString())).as("unknown").isEmpty();
    assertThat(list("after", id)).as("the last").isEmpty();
  }

  @Test
  void aPageEndsBefore4MiB() {
    fill(40, PAYLOAD_LIMIT);
    List<String> first = ids(list("limit", 200));
    assertThat(first).hasSize(31);
    assertThat(owner.largestMessage()).isBetween(31 * PAYLOAD_LIMIT, FRAME_LIMIT);
    List<String> second = ids(list("limit", 200, "after", first.getLast()));
    assertThat(second).hasSize(9).doesNotContainAnyElementsOf(first);
    assertThat(list("after", second.getLast())).isEmpty();
  }

  @Test
  void anothersMailboxIsAsGoodAsNone() {
    String id = ids(1).getFirst();
    try (WireClient other = server.connect(server.newUser().withOwnMailbox());
        WireClient foreign =
            server.connect(TestUser.unknown(server.otherIssuer()).withMailbox(mailbox))) {
      for (WireClient each : List.of(other, sender, foreign)) {
        assertThat(each.request("invitation.list", map()).ok().toString())
            .isEqualTo("{\"invitations\":[]}");
        assertThat(each.request("invitation.list", map("after", id)).ok().get("invitations"))
            .isEmpty();
        assertThat(each.request("invitation.get", map("id", id)).error()).isEqualTo(NOT_FOUND);
        assertThat(each.request("invitation.delete", map("id", id)).error()).isEqualTo(NOT_FOUND);
      }
    }
    assertThat(ids(list())).containsExactly(id);
  }

  @Test
  void getAndDeleteNameWhatIsWrong() {
    for (String method : List.of("get", "delete")) {
      String invalid = "invalid_params invalid invitation " + method + " params";
      for (Map<String, Object> params : List.of(map(), map("id", 7), map("id", null))) {
        assertThat(owner.request("invitation." + method, params).error()).isEqualTo(invalid);
      }
      for (String bad : List.of("", "junk", UUID.randomUUID().toString().replace("-", ""))) {
        assertThat(owner.request("invitation." + method, map("id", bad)).error())
            .isEqualTo("bad_request invalid invitation id");
      }
      assertThat(owner.request("invitation." + method, map("id", UUID.randomUUID() + "")).error())
          .isEqualTo(NOT_FOUND);
    }
  }

  @Test
  void whatIsDeletedIsGone() {
    List<String> ids = ids(2);
    String first = ids.getFirst();
    owner.request("invitation.get", map("id", first)).ok();
    assertThat(owner.request("invitation.delete", map("id", first)).ok().toString())
        .isEqualTo("{}");
    assertThat(owner.request("invitation.get", map("id", first)).error()).isEqualTo(NOT_FOUND);
    assertThat(owner.request("invitation.delete", map("id", first)).error()).isEqualTo(NOT_FOUND);
    assertThat(ids(list())).containsExactly(ids.getLast());
  }

  @Test
  void whatHasExpiredIsGone() {
    List<String> ids = ids(3);
    String first = ids.getFirst();
    owner.request("invitation.get", map("id", first)).ok();
    expire(first);
    assertThat(ids(list())).isEqualTo(ids.subList(1, 3));
    assertThat(owner.request("invitation.get", map("id", first)).error()).isEqualTo(NOT_FOUND);
    assertThat(owner.request("invitation.delete", map("id", first)).error()).isEqualTo(NOT_FOUND);
    assertThat(list("after", first)).isEmpty();
  }

  @Test
  void aMailboxHoldsAThousand() {
    fill(999, 1);
    String last = create("x").get("id").textValue();
    assertThat(refused(to(mailbox, "x"))).isEqualTo("rate_limited mailbox full");
    sender.request("invitation.create", to(Accesses.newCid(), "x")).ok();
    owner.request("invitation.delete", map("id", last)).ok();
    create("x");
  }

  @Test
  void oneSenderDoesNotKeepOthersOutOfAMailbox() {
    fill(990, 1);
    List<String> ofOne = ids(10);
    assertThat(refused(to(mailbox, "x"))).isEqualTo("rate_limited mailbox full");
    try (WireClient other = server.connect(server.newUser())) {
      for (int i = 0; i < 5; i++) {
        other.request("invitation.create", to(mailbox, "y")).ok();
      }
      assertThat(other.request("invitation.create", to(mailbox, "y")).error())
          .as("both have as many")
          .isEqualTo("rate_limited mailbox full");
    }
    for (int i = 0; i < 10; i++) {
      WireClient.Reply reply = owner.request("invitation.get", map("id", ofOne.get(i)));
      if (i < 5) {
        reply.ok();
      } else {
        assertThat(reply.error()).as("the last gave way").isEqualTo(NOT_FOUND);
      }
    }
  }

  @Test
  void theMailboxsConnectionsAreToldAMomentLater() {
    try (WireClient alsoOwner = server.connect(user);
        WireClient other = server.connect(server.newUser().withOwnMailbox());
        WireClient foreign =
            server.connect(TestUser.unknown(server.otherIssuer()).withMailbox(mailbox))) {
      for (WireClient each : List.of(owner, alsoOwner, other, foreign)) {
        each.expectOpen(); // who they are is known by then
      }
      long begin = System.nanoTime();
      create("x");
      assertThat(owner.expectNotification("invitation").toString()).isEqualTo("{}");
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(900));
      alsoOwner.expectNotification("invitation");
      for (WireClient each : List.of(sender, other, foreign)) {
        each.expectOpen();
        assertThat(each.pollNotification("invitation", Duration.ZERO)).isEmpty();
      }
    }
  }

  @Test
  void whoGoesOnUnderAnotherMailboxIsToldOfThatOne() {
    String moved = Accesses.newCid();
    owner.request("token.refresh", map("token", user.withMailbox(moved).token())).ok();
    String here = create("x").get("id").textValue();
    sender.request("invitation.create", to(moved, "y")).ok();
    owner.expectNotification("invitation");
    assertThat(list()).hasSize(1);
    assertThat(list().get(0).get("payload").textValue()).isEqualTo("y");
    assertThat(owner.request("invitation.get", map("id", here)).error()).isEqualTo(NOT_FOUND);
    // The other mailbox's notice is out by then.
    assertThat(owner.pollNotification("invitation", Duration.ofMillis(5_500))).isEmpty();
  }
}
