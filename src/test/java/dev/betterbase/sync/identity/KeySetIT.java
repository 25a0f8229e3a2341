package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.ServerClock;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.WireClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * auth.md, JWKS: issuers that are down, slow, or change their keys. The tests run one after another
 * because one sets the clock of the server.
 */
@SequentialIntegrationTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Order(1)
class KeySetIT {
  private static final TestIssuer DOWN_AT_START = TestIssuer.down();
  private static final TestIssuer ROTATING = TestIssuer.start();
  private static final TestIssuer SLOW = TestIssuer.start();
  private static final TestIssuer GOING_DOWN = TestIssuer.start();
  private static final TestIssuer HAMMERED = TestIssuer.start();
  private static final TestIssuer UNDERSCORED = TestIssuer.start("id_provider");
  private static final TestIssuer REPLACING = TestIssuer.start();
  private static final TestIssuer DOWN_AT_WRONG_TIME = TestIssuer.down();
  private static final TestIssuer ROTATING_AT_WRONG_TIME = TestIssuer.start();
  private static final TestIssuer ENCRYPTED = TestIssuer.encrypted();
  private static final ServerClock CLOCK = new ServerClock(Duration.ofDays(1));
  private static ServerProcess server;

  /** The server's clock is a day ahead when it starts, and then corrected. */
  @BeforeAll
  static void start() {
    ServerProcess.Builder options = CLOCK.on(ServerProcess.builder());
    ENCRYPTED.trusted().forEach(options::jvm);
    server =
        options
            .name("keys")
            .with("ADMIN_TOKEN", AdminClient.TOKEN)
            .hosts("id_provider", "my_database")
            .with(
                "DATABASE_URL",
                TestPostgres.shared().newDatabase().url().replace("127.0.0.1", "my_database"))
            .with(
                "TRUSTED_ISSUERS",
                String.join(
                    " ",
                    DOWN_AT_START.url(),
                    ROTATING.url() + "/",
                    SLOW.url() + "=" + SLOW.url() + "/.well-known/jwks.json",
                    GOING_DOWN.url(),
                    HAMMERED.url(),
                    UNDERSCORED.url(),
                    REPLACING.url(),
                    DOWN_AT_WRONG_TIME.url(),
                    ROTATING_AT_WRONG_TIME.url(),
                    ENCRYPTED.url()))
            .start();
    TestIssuer.Token tomorrow = ROTATING_AT_WRONG_TIME.token().expiresIn(Duration.ofDays(2));
    expectAccepted(tomorrow.sign());
    expectRefused(tomorrow.signedByStranger().sign(), "invalid auth token");
    expectRefused(DOWN_AT_WRONG_TIME.token().sign(), "invalid auth token");
    CLOCK.setAhead(Duration.ZERO);
    await()
        .ignoreExceptionsMatching(AssertionError.class::isInstance)
        .untilAsserted(() -> expectAccepted(ROTATING_AT_WRONG_TIME.token().sign()));
  }

  @AfterAll
  static void stop() {
    server.close();
    List.of(
            DOWN_AT_START,
            ROTATING,
            SLOW,
            GOING_DOWN,
            HAMMERED,
            UNDERSCORED,
            REPLACING,
            DOWN_AT_WRONG_TIME,
            ROTATING_AT_WRONG_TIME,
            ENCRYPTED)
        .forEach(TestIssuer::close);
  }

  @Test
  void issuerThatIsDownAtStart() {
    expectRefused(DOWN_AT_START.token().sign(), "invalid auth token");
    DOWN_AT_START.up();
    awaitAccepted(DOWN_AT_START);
  }

  @Test
  void pausesThatBeganBeforeTheClockWasCorrected() {
    CLOCK.assumeAvailable();
    DOWN_AT_WRONG_TIME.up();
    ROTATING_AT_WRONG_TIME.rotate();
    awaitAccepted(DOWN_AT_WRONG_TIME);
    awaitAccepted(ROTATING_AT_WRONG_TIME);
  }

  /**
   * This is about the admin page, and here because the clock of no other test server can be set. It
   * comes last: the server sees the true time again only some time later.
   */
  @Test
  @Order(Integer.MAX_VALUE)
  void aSessionOfTheAdminPageEndsAfterHalfAnHour() {
    CLOCK.assumeAvailable();
    AdminClient admin = AdminClient.from(server, "127.0.1.9").signIn();
    try {
      CLOCK.setAhead(Duration.ofMinutes(28));
      await().until(() -> admin.get("session").get("seconds_left").longValue() <= 120);
      assertThat(admin.get("figures").get("now")).isNotNull();
      CLOCK.setAhead(Duration.ofMinutes(31));
      await().until(() -> !admin.get("session").get("signed_in").booleanValue());

      HttpResponse<String> figures = admin.send("GET", "figures", "", Map.of());
      assertThat(figures.statusCode()).isEqualTo(401);
      assertThat(figures.body()).isEqualTo("{\"error\":\"sign in first\"}");
      assertThat(admin.post("drain/begin", "").statusCode()).isEqualTo(401);
    } finally {
      CLOCK.setAhead(Duration.ZERO);
    }
  }

  @Test
  void keyThatIsReplacedUnderItsId() {
    String old = REPLACING.token().sign();
    expectAccepted(old);
    REPLACING.replaceKey();
    expectAccepted(REPLACING.token().sign());
    assertThat(REPLACING.fetches()).isEqualTo(2);
    expectRefused(old, "invalid auth token");
  }

  @Test
  void hostNameWithAnUnderscore() {
    expectAccepted(UNDERSCORED.token().sign());
  }

  /** Payara names a trust store of its own while it boots, with the password changeit. */
  @Test
  void authorityThatOnlyTheTrustStoreOfJavaHas() {
    expectAccepted(ENCRYPTED.token().sign());
  }

  @Test
  void keysThatChange() {
    String old = ROTATING.token().sign();
    expectAccepted(old);
    assertThat(ROTATING.fetches()).isEqualTo(1);
    ROTATING.rotate();
    expectAccepted(ROTATING.token().sign());
    assertThat(ROTATING.fetches()).isEqualTo(2);
    expectRefused(old, "invalid auth token");
  }

  @Test
  void callersWaitForTheOneFirstFetch() {
    SLOW.slow(Duration.ofSeconds(2));
    List<WireClient> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      clients.add(WireClient.open(server.port()).authenticate(SLOW.token().sign()));
    }
    clients.forEach(WireClient::expectOpen);
    clients.forEach(WireClient::close);
    assertThat(SLOW.fetches()).isEqualTo(1);
  }

  @Test
  void knownKeysGoOnWhileTheIssuerIsDown() {
    expectAccepted(GOING_DOWN.token().sign());
    GOING_DOWN.stop();
    expectAccepted(GOING_DOWN.token().sign());
    expectRefused(GOING_DOWN.token().signedByStranger().sign(), "invalid auth token");
    expectAccepted(GOING_DOWN.token().sign());
  }

  @Test
  void inventedKeyIdsDoNotHammerTheIssuer() {
    expectAccepted(HAMMERED.token().sign());
    for (int i = 0; i < 25; i++) {
      expectRefused(HAMMERED.token().signedByStranger().sign(), "invalid auth token");
    }
    assertThat(HAMMERED.fetches()).isBetween(1, 3);
    expectAccepted(HAMMERED.token().sign());
  }

  private static void awaitAccepted(TestIssuer issuer) {
    await()
        .pollInterval(Duration.ofSeconds(1))
        .ignoreExceptionsMatching(AssertionError.class::isInstance)
        .untilAsserted(() -> expectAccepted(issuer.token().sign()));
  }

  private static void expectAccepted(String token) {
    try (WireClient client = WireClient.open(server.port()).authenticate(token)) {
      client.expectOpen();
    }
  }

  private static void expectRefused(String token, String reason) {
    try (WireClient client = WireClient.open(server.port()).authenticate(token)) {
      client.expectClose(4000, reason);
    }
  }
}
