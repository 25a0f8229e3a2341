package dev.betterbase.sync.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.file.SlowUpload;
import dev.betterbase.sync.testing.HostileTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Attacks by strangers and by clients that send (docs/security.md, Attacks).
 *
 * <p>To add an attack, write a test that calls {@link AttackedServer#attack} with what one attacker
 * does again and again.
 */
@SequentialIntegrationTest
@HostileTest
@NullUnmarked
class AttackIT {
  /** Another address of this machine, so that the attacker does not share that of the others. */
  private static final byte[] ATTACKER = {127, 0, 0, 66};

  private static final int ANNOUNCED = 32_000_000;
  private static final int TRICKLE = 7_000;

  /** More than there are places for uploads: a quarter of HTTP_THREADS. */
  private static final int UPLOADS = 60;

  private static final int FRAMES_AT_ONCE = 50_000;
  private static final String SUBPROTOCOL = "Sec-WebSocket-Protocol: betterbase-rpc-v1";

  private static AttackedServer attacked;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    attacked = AttackedServer.start();
    server = attacked.server();
  }

  @AfterAll
  static void stop() {
    attacked.close();
  }

  @Test
  void badTokens() throws Exception {
    String expired = server.issuer().token().expiresIn(Duration.ofHours(-1)).sign();
    attacked.attack(
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
    attacked.attack(
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
    crowd("a crowd that never authenticates", () -> "203.0.113.9");
  }

  @Test
  void aCrowdFromManyAddressesThatNeverAuthenticates() throws Exception {
    AtomicInteger number = new AtomicInteger();
    crowd(
        "a crowd from many addresses that never authenticates",
        () -> "203.0.113." + number.incrementAndGet() % 250);
  }

  /** While all places to wait are taken, one honest client of another address comes in. */
  private static void crowd(String name, Supplier<String> addresses) throws Exception {
    AtomicInteger number = new AtomicInteger();
    attacked.attack(
        name,
        4,
        400,
        pace -> {
          List<WebSocketWire> crowd = new ArrayList<>();
          try {
            while (pace.next()) {
              WebSocketWire wire = WebSocketWire.connect(server.process().port(), 0);
              crowd.add(wire);
              wire.handshake("/api/v1/ws", SUBPROTOCOL, "X-Forwarded-For: " + addresses.get());
              if (crowd.size() > 300) {
                crowd.removeFirst().cut();
              }
              if (crowd.size() % 100 == 0) {
                try (WireClient other =
                    WireClient.open(
                        server.process().port(),
                        "/api/v1/ws",
                        SUBPROTOCOL,
                        "X-Forwarded-For: 198.51.100." + number.incrementAndGet() % 250)) {
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
    attacked.attack(
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

  /** The memory for messages that are coming in is shared out, so other pushes find room. */
  @Test
  void longMessagesThatHardlyComeIn() throws Exception {
    TestUser user = server.newUser();
    attacked.attack(
        "long messages that hardly come in",
        8,
        80,
        pace -> {
          while (pace.next()) {
            try (WireClient client = server.connect(user.withOwnMailbox())) {
              client.expectOpen();
              client
                  .wire()
                  .sendRaw(WebSocketWire.header(WebSocketWire.BINARY, true, true, ANNOUNCED));
              while (pace.next()) {
                client.wire().sendRaw(new byte[TRICKLE]);
              }
            } catch (UncheckedIOException closed) {
              // The server has closed the connection; the attacker comes again.
            }
          }
        });
  }

  /** The places for files are shared out, so another person's upload gets one. */
  @Test
  void uploadsThatHardlyComeIn() throws Exception {
    TestUser slow = server.newUser();
    TestUser other = server.newUser();
    String record = newRecord(slow);
    String theirs = newRecord(other);
    AtomicInteger number = new AtomicInteger();
    attacked.attack(
        "uploads that hardly come in",
        UPLOADS,
        2 * UPLOADS,
        pace -> {
          if (number.getAndIncrement() == 0) {
            FileClient client = files(other);
            while (pace.next()) {
              assertThat(client.put(Requests.newId(), theirs, Requests.blob(100_000)))
                  .isBetween(200, 201);
            }
            return;
          }
          while (pace.next()) {
            try (SlowUpload upload =
                SlowUpload.begin(files(slow), Requests.newId(), record, ANNOUNCED)) {
              while (pace.next()) {
                upload.send(TRICKLE);
              }
            } catch (IOException closed) {
              // The server has ended the upload; the attacker comes again.
            }
          }
        });
  }

  private static FileClient files(TestUser user) {
    String token = user.issuer().token().of(user).claim("scope", "sync files").sign();
    return FileClient.of(server, token, user.personalSpace());
  }

  private static String newRecord(TestUser user) {
    String id = Requests.newId();
    try (WireClient client = server.connect(user)) {
      Object change = Requests.put(id, 0, Requests.blob(1), Requests.dek(1));
      client.request("push", Requests.push(user.personalSpace(), change)).ok();
    }
    return id;
  }

  /** The memory of headers is bounded, and the address with most gives way. */
  @Test
  void headersThatNeverEnd() throws Exception {
    byte[] header =
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "x".repeat(100_000))
            .getBytes(StandardCharsets.ISO_8859_1);
    attacked.attack(
        "headers that never end",
        4,
        200,
        pace -> {
          List<Socket> open = new ArrayList<>();
          try {
            while (pace.next()) {
              Socket socket = new Socket();
              open.add(socket);
              if (open.size() > 500) {
                open.removeFirst().close();
              }
              try {
                socket.bind(new InetSocketAddress(InetAddress.getByAddress(ATTACKER), 0));
                socket.connect(
                    new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), server.process().port()),
                    1_000);
                socket.getOutputStream().write(header);
              } catch (IOException refused) {
                // The server has made room; the attacker comes again.
              }
            }
          } finally {
            for (Socket each : open) {
              each.close();
            }
          }
        });
  }

  @Test
  void targetsThatAreNone() throws Exception {
    attacked.attack(
        "targets that are none",
        4,
        400,
        pace -> {
          while (pace.next()) {
            RawHttp.exchange(server.process().port(), "GET", "/%", "Host: localhost");
          }
        });
  }
}
