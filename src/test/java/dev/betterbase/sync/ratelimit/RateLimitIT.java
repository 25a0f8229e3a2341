package dev.betterbase.sync.ratelimit;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.BucketServer;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** methods.md, Rate limits by person. */
@IntegrationTest
@NullUnmarked
@Order(1)
class RateLimitIT {
  private static final String INVITATIONS =
      "rate_limited rate limit exceeded: max 10 invitations per hour";
  private static final String APPENDS =
      "rate_limited rate limit exceeded: max 10 membership appends per hour";
  private static final int THREADS = 8;
  private static final int ATTEMPTS = 200;

  private static final PGSimpleDataSource DATABASE = new PGSimpleDataSource();
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = BucketServer.shared();
    DATABASE.setUrl(BucketServer.database().jdbcUrl());
  }

  /** One try of one connection. */
  private interface Attempt {
    WireClient.Reply on(WireClient client) throws Exception;
  }

  /** Has many connections try at once. */
  private static List<WireClient.Reply> atOnce(List<String> tokens, Attempt attempt)
      throws Exception {
    var together = new CyclicBarrier(tokens.size());
    List<Future<List<WireClient.Reply>>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(tokens.size())) {
      for (String token : tokens) {
        running.add(
            threads.submit(
                () -> {
                  try (WireClient client = server.connect(token)) {
                    client.expectOpen();
                    together.await(60, TimeUnit.SECONDS);
                    List<WireClient.Reply> replies = new ArrayList<>();
                    for (int i = 0; i < ATTEMPTS / tokens.size(); i++) {
                      replies.add(attempt.on(client));
                    }
                    return replies;
                  }
                }));
      }
    }
    List<WireClient.Reply> all = new ArrayList<>();
    for (Future<List<WireClient.Reply>> each : running) {
      all.addAll(each.get(60, TimeUnit.SECONDS));
    }
    return all;
  }

  /** Ten passed, and the others were told this. */
  private static void assertTenPassed(List<WireClient.Reply> replies, String otherwise) {
    assertThat(replies).hasSize(ATTEMPTS);
    assertThat(replies).filteredOn(reply -> reply.result() != null).hasSize(10);
    assertThat(replies)
        .filteredOn(reply -> reply.result() == null)
        .extracting(WireClient.Reply::error)
        .containsOnly(otherwise);
  }

  private static WireClient.Reply invite(WireClient client) {
    return client.request(
        "invitation.create", map("mailbox_id", Accesses.newCid(), "payload", "x"));
  }

  /** The name under which a person is counted, by the page and not by the code. */
  private static String actor(TestUser user) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(
          new SecretKeySpec(HexFormat.of().parseHex(BucketServer.IDENTITY_HASH_KEY), "HmacSHA256"));
      return HexFormat.of()
          .formatHex(
              mac.doFinal(
                  (user.issuer().url() + "\0" + user.subject()).getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String counted(TestUser user) {
    return Databases.value(
        DATABASE,
        """
        select coalesce(string_agg(action || ' ' || n, ',' order by action), '')
          from (select action, count(*) n from rate_limit_actions
                 where actor_hash = '%s' group by action) as counts
        """
            .formatted(actor(user)));
  }

  @Test
  void ofManyInvitationsAtOnceExactlyTenPass() throws Exception {
    TestUser user = server.newUser();
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      // Another application and another mailbox are the same person.
      tokens.add(user.withClient("client-" + i).withOwnMailbox().token());
    }
    assertTenPassed(atOnce(tokens, RateLimitIT::invite), INVITATIONS);
    assertThat(counted(user)).isEqualTo("invitation_create 10");
  }

  @Test
  void ofManyAppendsAtOnceExactlyTenPassAndConflictsDoNotCount() throws Exception {
    SharedSpace space = SharedSpace.create(server);
    Member writer = space.invite("write");
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      tokens.add(writing(writer).token());
    }
    assertTenPassed(atOnce(tokens, client -> appendUntilItFits(client, writer)), APPENDS);
    assertThat(counted(writer.user())).isEqualTo("membership_append 10");
    try (WireClient admin = space.admin().connect()) {
      assertThat(admin.request("membership.list", space.admin().params()).ok().get("entries"))
          .hasSize(10);
    }
  }

  /** The same person on a connection that is counted by itself. */
  private static Member writing(Member writer) {
    return new Member(
        server, writer.user().withOwnMailbox(), writer.key(), writer.space(), writer.ucan());
  }

  private static WireClient.Reply appendUntilItFits(WireClient client, Member member)
      throws IOException {
    while (true) {
      WireClient.Reply reply = member.append(client);
      if (!"conflict".equals(reply.code())) {
        return reply;
      }
      assertThat(reply.error()).isEqualTo("conflict conflict");
    }
  }

  @Test
  void whatFailsIsNotCounted() {
    TestUser user = server.newUser();
    String full = Accesses.newCid();
    Databases.execute(
        DATABASE,
        """
        insert into invitations (mailbox_id, payload, expires_at)
        select '%s', 'x', now() + interval '1 day' from generate_series(1, 1000)
        """
            .formatted(full));
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < 12; i++) {
        client.request("invitation.create", map("mailbox_id", "junk", "payload", "x")).error();
        assertThat(
                client
                    .request("invitation.create", map("mailbox_id", full, "payload", "x"))
                    .error())
            .isEqualTo("rate_limited mailbox full");
      }
      assertThat(counted(user)).isEmpty();
      for (int i = 0; i < 10; i++) {
        invite(client).ok();
      }
      assertThat(invite(client).error()).isEqualTo(INVITATIONS);
      assertThat(counted(user)).isEqualTo("invitation_create 10");
    }
  }

  @Test
  void whoMayInviteNoMoreIsToldSoBeforeAllElse() {
    try (WireClient client = server.connect(server.newUser());
        WireClient other = server.connect(server.newUser())) {
      for (int i = 0; i < 10; i++) {
        invite(client).ok();
      }
      for (Map<String, Object> params :
          List.of(
              map("mailbox_id", "", "payload", ""),
              map("mailbox_id", "junk", "payload", ""),
              map("mailbox_id", "", "payload", "", "server", "peer.example"))) {
        assertThat(client.request("invitation.create", params).error()).isEqualTo(INVITATIONS);
      }
      assertThat(client.request("invitation.create", map("payload", 7)).error())
          .as("what cannot be read")
          .isEqualTo("invalid_params invalid invitation create params");
      invite(other).ok();
    }
  }

  @Test
  void whoMayAppendNoMoreIsToldSoInItsPlace() throws IOException {
    SharedSpace space = SharedSpace.create(server);
    Member writer = space.invite("write");
    Member other = space.invite("write");
    try (WireClient client = writer.connect();
        WireClient another = other.connect()) {
      for (int i = 0; i < 5; i++) {
        writer.append(client).ok();
        assertThat(client.request("membership.append", writer.appending(99, null)).error())
            .isEqualTo("conflict conflict");
      }
      for (int i = 0; i < 5; i++) {
        writer.append(client).ok();
      }
      assertThat(writer.append(client).error()).isEqualTo(APPENDS);
      byte[] hash = new byte[1];
      Map<String, Object> bad =
          writer.params("expected_version", 0, "entry_hash", hash, "payload", new byte[0]);
      assertThat(client.request("membership.append", bad).error())
          .as("before hash and payload")
          .isEqualTo(APPENDS);
      bad.put("ucan", "none");
      assertThat(client.request("membership.append", bad).error())
          .as("before the permission")
          .isEqualTo(APPENDS);
      bad.put("space", "junk");
      assertThat(client.request("membership.append", bad).error())
          .as("but not before the space")
          .isEqualTo("bad_request invalid space id");
      other.append(another).ok();
    }
  }

  @Test
  void anAdminIsNotLimited() throws IOException {
    SharedSpace space = SharedSpace.create(server);
    Member admin = space.invite("admin");
    try (WireClient client = admin.connect()) {
      for (int i = 0; i < 15; i++) {
        admin.append(client).ok();
      }
      assertThat(counted(admin.user())).isEmpty();
      // The same person is counted under a chain without admin.
      Member writer =
          admin.with(
              admin
                  .key()
                  .ucan()
                  .to(admin.key())
                  .on(space.id())
                  .allows("write")
                  .under(admin.ucan())
                  .sign());
      for (int i = 0; i < 10; i++) {
        writer.append(client).ok();
      }
      assertThat(writer.append(client).error()).isEqualTo(APPENDS);
      admin.append(client).ok();
    }
  }

  @Test
  void anOwnerShowsNoChainAndIsLimited() throws IOException {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      Member owner = new Member(server, user, null, user.personalSpace(), null);
      for (int i = 0; i < 10; i++) {
        owner.append(client).ok();
      }
      assertThat(owner.append(client).error()).isEqualTo(APPENDS);
    }
  }

  @Test
  void whatIsOlderThanAnHourDoesNotCount() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < 10; i++) {
        invite(client).ok();
      }
      assertThat(invite(client).error()).isEqualTo(INVITATIONS);
      Databases.execute(
          DATABASE,
          """
          update rate_limit_actions set created_at = now() - interval '1 hour'
           where ctid = any (array(
             select ctid from rate_limit_actions where actor_hash = '%s' limit 2))
          """
              .formatted(actor(user)));
      invite(client).ok();
      invite(client).ok();
      assertThat(invite(client).error()).isEqualTo(INVITATIONS);
    }
  }

  @Test
  void noIdentityIsStored() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      invite(client).ok();
    }
    assertThat(counted(user)).isEqualTo("invitation_create 1");
    assertThat(
            Databases.value(DATABASE, "select string_agg(r::text, ' ') from rate_limit_actions r"))
        .contains(actor(user))
        .doesNotContain(user.subject())
        .doesNotContain("127.0.0.1")
        .doesNotContain("test-client");
    assertThat(server.process().output())
        .doesNotContain(user.subject())
        .doesNotContain(BucketServer.IDENTITY_HASH_KEY);
  }
}
