package dev.betterbase.sync.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.hostile.GoodClients.Experience;
import dev.betterbase.sync.testing.HostileTest;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Attacks on a server with a heap of 256 MB, and what others notice of them: 99 of 100 pushes take
 * at most three times as long as before the attack, and /health answers within a second
 * (docs/security.md, Attacks).
 *
 * <p>To add an attack, write a test that calls {@link #attack} with what one attacker does again
 * and again.
 */
@IntegrationTest
@HostileTest
@Execution(ExecutionMode.SAME_THREAD)
@NullUnmarked
class AttackIT {
  private static final Duration WARM_UP = Duration.ofSeconds(15);
  private static final Duration MEASURED = Duration.ofSeconds(10);

  /** An attack is at its height when it is measured. */
  private static final Duration BEGINNING = Duration.ofSeconds(3);

  private static final int SLOWER_AT_MOST = 3;

  /**
   * Faster pushes are not told apart: on a quiet machine three times nearly nothing is still
   * nothing that anybody notices.
   */
  private static final double UNNOTICED_MILLIS = 10;

  private static final double HEALTH_AT_MOST_MILLIS = 1_000;
  private static final int FRAMES_AT_ONCE = 50_000;
  private static final String SUBPROTOCOL = "Sec-WebSocket-Protocol: betterbase-rpc-v1";

  private static TestServer server;
  private static GoodClients good;

  @BeforeAll
  static void start() throws Exception {
    server =
        TestServer.start(
            options ->
                options
                    .name("attacked")
                    .heap("256m")
                    .jvmAsShipped()
                    .embeddedDatabase()
                    .with("TRUSTED_PROXIES", "127.0.0.1"));
    good = new GoodClients(server);
    good.work(WARM_UP);
  }

  @AfterAll
  static void stop() {
    good.close();
    server.close();
  }

  /** What one attacker does until the attack is over. */
  private interface Attacker {
    void go(Pace pace) throws Exception;
  }

  /**
   * When an attacker acts. The attackers run on the processors of the server, so without a bound
   * they would only show how those are shared.
   *
   * @param between the time between two acts
   * @param end when the attack is over, by {@link System#nanoTime}
   */
  private record Pace(Duration between, long end) {
    /** Waits until the next act is due; false if the attack is over. */
    boolean next() throws InterruptedException {
      Thread.sleep(between);
      return System.nanoTime() < end;
    }
  }

  /**
   * Measures before and during an attack.
   *
   * @param perSecond what all attackers together do in a second, at most
   */
  private static void attack(String name, int attackers, int perSecond, Attacker attacker)
      throws Exception {
    Experience before = good.work(MEASURED);
    long end = System.nanoTime() + BEGINNING.plus(MEASURED).toNanos();
    Pace pace = new Pace(Duration.ofSeconds(1).multipliedBy(attackers).dividedBy(perSecond), end);
    int logged = server.process().output().length();
    List<Future<?>> attacking = new ArrayList<>();
    Experience during;
    try (ExecutorService threads = Executors.newFixedThreadPool(attackers)) {
      for (int i = 0; i < attackers; i++) {
        attacking.add(
            threads.submit(
                () -> {
                  attacker.go(pace);
                  return null;
                }));
      }
      Thread.sleep(BEGINNING);
      during = good.work(MEASURED);
      for (Future<?> each : attacking) {
        each.get(60, TimeUnit.SECONDS);
      }
    }
    int logBytes = server.process().output().length() - logged;
    System.out.printf(
        Locale.ROOT, "%s: before %s, during %s, %d bytes of log%n", name, before, during, logBytes);
    assertThat(during.pushMillis())
        .as(name + ": the slowest of 100 pushes, before " + before)
        .isLessThan(SLOWER_AT_MOST * Math.max(before.pushMillis(), UNNOTICED_MILLIS));
    assertThat(during.healthMillis()).as(name).isLessThan(HEALTH_AT_MOST_MILLIS);
    assertThat(logBytes).as(name + ": the log").isLessThan(100_000);
  }

  @Test
  void badTokens() throws Exception {
    String expired = server.issuer().token().expiresIn(Duration.ofHours(-1)).sign();
    attack(
        "bad tokens",
        4,
        200,
        pace -> {
          while (pace.next()) {
            try (WireClient client = server.connect(expired)) {
              client.awaitClose(WireClient.LIMIT);
            }
          }
        });
  }

  @Test
  void requestsWithoutAToken() throws Exception {
    attack(
        "requests without a token",
        4,
        400,
        pace -> {
          while (pace.next()) {
            RawHttp.exchange(
                server.process().port(), "GET", "/api/v1/spaces/x/files/y", "Host: localhost");
          }
        });
  }

  @Test
  void aCrowdThatNeverAuthenticates() throws Exception {
    int[] number = {0};
    attack(
        "a crowd that never authenticates",
        4,
        400,
        pace -> {
          List<WebSocketWire> crowd = new ArrayList<>();
          try {
            while (pace.next()) {
              WebSocketWire wire = WebSocketWire.connect(server.process().port(), 0);
              crowd.add(wire);
              wire.handshake("/api/v1/ws", SUBPROTOCOL, "X-Forwarded-For: 203.0.113.9");
              if (crowd.size() > 300) {
                crowd.removeFirst().cut();
              }
              // One honest client of another address comes in all the same.
              if (crowd.size() % 100 == 0) {
                number[0]++;
                try (WireClient other =
                    WireClient.open(
                        server.process().port(),
                        "/api/v1/ws",
                        SUBPROTOCOL,
                        "X-Forwarded-For: 198.51.100." + number[0] % 250)) {
                  other.authenticate(server.newUser().token()).expectOpen();
                }
              }
            }
          } finally {
            crowd.forEach(WebSocketWire::cut);
          }
        });
  }

  @Test
  void aFloodOfFrames() throws Exception {
    byte[] frame = WebSocketWire.frame(WebSocketWire.BINARY, true, true, new byte[] {(byte) 0xF6});
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (int i = 0; i < FRAMES_AT_ONCE; i++) {
      frames.writeBytes(frame);
    }
    attack(
        "a flood of frames",
        2,
        20,
        pace -> {
          while (pace.next()) {
            try (WireClient client = server.connect(server.newUser())) {
              client.expectOpen();
              client.wire().sendRaw(frames.toByteArray());
              client.awaitClose(WireClient.LIMIT);
            } catch (UncheckedIOException closed) {
              // The server closes with 4007 before all frames are sent.
            }
          }
        });
  }

  @Test
  void pullsThatAreNotRead() throws Exception {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < 40; i++) {
        Object change = Requests.put(Requests.newId(), 0, Requests.blob(1_000_000));
        client.request("push", Requests.push(user.personalSpace(), change)).ok();
      }
    }
    attack(
        "pulls that are not read",
        20,
        20,
        pace -> {
          try (WireClient client = server.connect(user.withOwnMailbox())) {
            client.start("pull", Requests.pull(user.personalSpace(), 0));
            while (pace.next()) {
              client.notify("unsubscribe", Requests.unsubscribe(user.personalSpace()));
            }
          }
        });
  }
}
