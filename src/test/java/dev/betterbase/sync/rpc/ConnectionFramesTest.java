package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.settings.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The handling of the frames of a client (protocol.md, After authentication). */
class ConnectionFramesTest extends ConnectionFixture {

  @ParameterizedTest
  @CsvSource({
    "'', empty binary frame",
    "80, invalid cbor frame",
    "a0, invalid cbor frame",
    "a1647479706561, invalid cbor frame"
  })
  void closes4005WhereAFrameIsMalformed(String hex, String reason) {
    node.connect(transport, "alice").binary(HEX.parseHex(hex));
    assertClosed(CloseCode.PROTOCOL_ERROR, reason);
  }

  @Test
  void closes4005OnText() {
    node.connect(transport, "alice").text("x");
    assertClosed(CloseCode.PROTOCOL_ERROR, "expected binary rpc frame");
  }

  @Test
  void ignoresKeepalivesResponsesAndUnknownNotifications() {
    RpcConnection connection = node.connect(transport, "alice");
    FakeTransport.deliver(connection, KEEPALIVE);
    connection.binary(FrameWriter.result("1", textBody("x")));
    connection.binary(FrameWriter.notification("nope", textBody("x")));
    assertThat(transport.sent()).isEmpty();
    assertThat(transport.close()).isNull();
  }

  @Test
  void answersErrorsAndHidesFaults() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(request("1", "nope", "x"));
    connection.binary(request("2", "ask", "forbidden"));
    connection.binary(request("3", "ask", "fault"));
    connection.binary(
        HEX.parseHex("a4647479706500626964613466" + "6d6574686f64" + "6361736b66706172616d7301"));
    assertSent(
        error("1", new Failure.MethodNotFound("nope")),
        error("2", new Failure.Forbidden()),
        error("3", new Failure.Internal(new IllegalStateException())),
        error("4", new Failure.InvalidParams("invalid ask params")));
  }

  @Test
  void aFaultIsLoggedWithItsConnectionMethodAndSpaceAndNothingElseOfTheClient() {
    RpcConnection connection = node.connect(transport, "alice");
    String space = "6f1c4a52-33a1-4b0e-9d6a-0f6a3f0d9b11";
    List<String> lines = new ArrayList<>();
    Handler handler = lineByLine(lines);
    Logger logger = Logger.getLogger(Exchange.class.getName());
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      for (String given : List.of(space, "alice@example.com")) {
        connection.binary(Frames.request("1", "ask", Map.of("text", "fault", "space", given)));
      }
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    String ids = "connection=" + connection.id() + ", method=ask";
    assertThat(lines)
        .containsExactly(
            "ask failed {" + ids + ", space=" + space + "}", "ask failed {" + ids + "}");
  }

  private static Handler lineByLine(List<String> lines) {
    return new Handler() {
      @Override
      public void publish(LogRecord event) {
        lines.add(event.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void doesWhatFollowsAReplyBehindIt() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(request("1", "ask", "x"));
    assertThat(ask.log).containsExactly("x", "after x");
  }

  @Test
  void closes4007OverTheRateAndItsBurst() {
    var limits = Limits.defaults();
    RpcConnection connection = node.connect(transport, "alice");
    for (int i = 1; i < 4 * limits.framesPerSecond(); i++) {
      FakeTransport.deliver(connection, KEEPALIVE);
    }
    assertThat(transport.close()).isNull();
    node.pass(Duration.ofMillis(2));
    for (int i = 0; i < 10; i++) {
      FakeTransport.deliver(connection, KEEPALIVE);
    }
    assertThat(transport.close()).isNull();
    FakeTransport.pong(connection);
    assertClosed(CloseCode.RATE_LIMITED, "rate limit exceeded");
  }

  /** A person who connects again for each burst gets no further. */
  @Test
  void closes4007OverTheRateOfAPersonOnAllConnections() {
    int burst = 4 * Limits.defaults().framesPerSecond();
    for (int i = 0; i < FrameRates.CONNECTIONS_OF_PARTY; i++) {
      var socket = new FakeTransport();
      RpcConnection connection = node.connect(socket, "alice");
      for (int frame = 0; frame < burst - 1; frame++) {
        connection.frame();
      }
      assertThat(socket.close()).as("connection %d", i).isNull();
      connection.closed();
    }
    RpcConnection last = node.connect(transport, "alice");
    var other = new FakeTransport();
    RpcConnection others = node.connect(other, "bob");
    for (int i = 0; i < FrameRates.CONNECTIONS_OF_PARTY; i++) {
      last.frame();
      others.frame();
    }
    assertThat(transport.close()).isNull();
    last.frame();
    others.frame();
    assertClosed(CloseCode.RATE_LIMITED, "rate limit exceeded");
    assertThat(other.close()).isNull();
  }

  @Test
  void closes1009OverTheLargestFrame() {
    var small = new TestNode(limits(70_000, 10));
    FakeTransport.deliver(small.connect(transport, "alice"), new byte[70_001]);
    assertClosed(CloseCode.MESSAGE_TOO_BIG, "message too big");
  }
}
