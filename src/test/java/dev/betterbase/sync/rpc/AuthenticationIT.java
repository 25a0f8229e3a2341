package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** protocol.md, Connecting: the first frame and every reason of close 4000. */
@IntegrationTest
class AuthenticationIT {
  private static final int AUTH_FAILED = 4000;
  private final TestServer server = TestServer.shared();

  @Test
  void nothingWithinFiveSeconds() {
    try (WireClient client = server.open()) {
      long before = System.nanoTime();
      client.expectClose(AUTH_FAILED, "auth timeout");
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofSeconds(4));
    }
  }

  @Test
  void pingsDoNotPutOffTheTimeout() {
    try (WireClient client = server.open()) {
      int pings = 0;
      try {
        for (; pings < 20 && client.isOpen(); pings++) {
          client.wire().send(WebSocketWire.PING, new byte[0]);
          client.readFor(Duration.ofSeconds(1));
        }
      } catch (UncheckedIOException e) {
        // The server closed between two pings; its close frame is read below.
        assertThat(e).hasCauseInstanceOf(SocketException.class);
      }
      assertThat(pings).as("a ping a second, and it closes all the same").isLessThan(20);
      client.expectClose(AUTH_FAILED, "auth timeout");
    }
  }

  @Test
  void textMessage() {
    try (WireClient client = server.open()) {
      client.wire().send(WebSocketWire.TEXT, "{}".getBytes(StandardCharsets.UTF_8));
      client.expectClose(AUTH_FAILED, "expected binary auth frame");
    }
  }

  @Test
  void emptyMessage() {
    try (WireClient client = server.open()) {
      client.wire().send(WebSocketWire.BINARY, new byte[0]);
      client.expectClose(AUTH_FAILED, "empty auth frame");
    }
  }

  @ParameterizedTest
  @MethodSource
  void malformedFirstFrame(String hex) {
    try (WireClient client = server.open()) {
      client.wire().send(WebSocketWire.BINARY, HexFormat.of().parseHex(hex));
      client.expectClose(AUTH_FAILED, "invalid auth frame");
    }
  }

  static Stream<String> malformedFirstFrame() {
    return Stream.concat(
        Stream.of("ff", "a1", "80", "01", "a1647479"),
        Stream.<Object>of(
                map("type", 2, "method", "auth"),
                map("type", 2, "method", "auth", "params", map()),
                map("type", 2, "method", "auth", "params", map("token", 1)),
                map("type", 2, "method", "auth", "params", map("token", new byte[] {1})),
                map("type", 2, "method", "auth", "params", "token"),
                map("type", "2", "method", "auth", "params", map("token", "x")),
                map("method", "auth", "params", map("token", "x")),
                map("type", 2, "method", 7, "params", map("token", "x")))
            .map(frame -> HexFormat.of().formatHex(WireClient.encode(frame))));
  }

  @ParameterizedTest
  @MethodSource
  void otherFirstFrame(Map<String, Object> frame) {
    try (WireClient client = server.open()) {
      client.send(frame);
      client.expectClose(AUTH_FAILED, "first frame must be an auth notification");
    }
  }

  static Stream<Map<String, Object>> otherFirstFrame() {
    Map<String, Object> token = map("token", "x");
    return Stream.of(
        map("type", 0, "method", "auth", "id", "1", "params", token),
        map("type", 1, "method", "auth", "id", "1", "params", token),
        map("type", 2, "method", "Auth", "params", token),
        map("type", 2, "method", "presence.set", "params", token),
        map("type", 0, "method", "pull", "id", "1", "params", token));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource
  void refusedToken(String token, String reason) {
    try (WireClient client = server.open()) {
      client.authenticate(token);
      client.expectClose(AUTH_FAILED, reason);
    }
  }

  static Stream<Arguments> refusedToken() {
    TestIssuer issuer = TestServer.shared().issuer();
    try (TestIssuer stranger = TestIssuer.down()) {
      return Stream.of(
          Arguments.of("", "empty auth token"),
          Arguments.of("no.jwt.atall", "invalid auth token"),
          Arguments.of(issuer.token().signedByStranger().sign(), "invalid auth token"),
          Arguments.of(issuer.token().claim("client_id", null).sign(), "invalid auth token"),
          Arguments.of(issuer.token().sign() + "A", "invalid auth token"),
          Arguments.of(
              issuer.token().expiresIn(Duration.ofSeconds(-5)).sign(), "expired auth token"),
          Arguments.of(stranger.token().sign(), "untrusted auth issuer"),
          Arguments.of(issuer.token().claim("iss", null).sign(), "untrusted auth issuer"),
          Arguments.of(issuer.token().claim("scope", "files").sign(), "sync scope required"),
          Arguments.of(issuer.token().claim("scope", "synchrotron").sign(), "sync scope required"),
          Arguments.of(issuer.token().claim("scope", null).sign(), "sync scope required"));
    }
  }

  @Test
  void firstMessageOver64KiB() {
    try (WireClient client = server.open()) {
      byte[] frame =
          WireClient.encode(
              map("type", 2, "method", "auth", "params", map("token", "x".repeat(70_000))));
      client.wire().send(WebSocketWire.BINARY, frame);
      assertThat(client.awaitClose(WireClient.LIMIT).code()).isEqualTo(1009);
    }
  }

  @Test
  void firstMessageOver64KiBInFragments() {
    try (WireClient client = server.open()) {
      byte[] part = new byte[30_000];
      client.wire().sendRaw(WebSocketWire.frame(WebSocketWire.BINARY, false, true, part));
      client.wire().sendRaw(WebSocketWire.frame(WebSocketWire.CONTINUATION, false, true, part));
      client.wire().sendRaw(WebSocketWire.frame(WebSocketWire.CONTINUATION, true, true, part));
      assertThat(client.awaitClose(WireClient.LIMIT).code()).isEqualTo(1009);
    }
  }

  @Test
  void firstMessageOf64KiBIsRead() {
    try (WireClient client = server.open()) {
      String token = server.newUser().token();
      int others = WireClient.encode(auth(token, 0)).length;
      byte[] frame = WireClient.encode(auth(token, 65_536 - others - 2));
      assertThat(frame).hasSize(65_536);
      client.wire().send(WebSocketWire.BINARY, frame);
      client.expectOpen();
    }
  }

  // With an unknown key, which is ignored.
  private static Map<String, Object> auth(String token, int padding) {
    return map("type", 2, "method", "auth", "params", map("token", token), "x", new byte[padding]);
  }

  @Test
  void authFrameInFragmentsAndIndefiniteLengths() {
    try (WireClient client = server.open()) {
      String token = HexFormat.of().formatHex(WireClient.encode(server.newUser().token()));
      byte[] frame =
          HexFormat.of()
              .parseHex(
                  "bf"
                      + "6474797065"
                      + "1b0000000000000002"
                      + "666d6574686f64"
                      + "7f6261756274 68ff".replace(" ", "")
                      + "66706172616d73"
                      + "bf"
                      + "65746f6b656e"
                      + token
                      + "ff"
                      + "ff");
      int half = frame.length / 2;
      client
          .wire()
          .sendRaw(
              WebSocketWire.frame(
                  WebSocketWire.BINARY, false, true, java.util.Arrays.copyOf(frame, half)));
      client.wire().send(WebSocketWire.PING, new byte[] {1});
      client
          .wire()
          .sendRaw(
              WebSocketWire.frame(
                  WebSocketWire.CONTINUATION,
                  true,
                  true,
                  java.util.Arrays.copyOfRange(frame, half, frame.length)));
      client.expectOpen();
    }
  }

  @Test
  void requestsMayFollowStraightBehind() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      List<String> ids =
          List.of(
              client.start("subscribe", Requests.subscribe(user.personalSpace(), 0)),
              client.start("pull", Requests.pull(user.personalSpace(), 0)),
              client.start("push", Requests.push(user.personalSpace())));
      for (String id : ids) {
        assertThat(client.await(id).ok()).isNotNull();
      }
    }
  }

  @Test
  void secondAuthIsAnUnknownNotification() {
    try (WireClient client = server.connect(server.newUser())) {
      client.authenticate("whatever");
      client.expectOpen();
    }
  }

  @Test
  void anotherTrustedIssuerIsGood() {
    TestUser user = TestUser.unknown(server.otherIssuer());
    try (WireClient client = server.connect(user)) {
      assertThat(
              client
                  .request("push", Requests.push(user.personalSpace()))
                  .ok()
                  .get("ok")
                  .booleanValue())
          .isTrue();
    }
  }
}
