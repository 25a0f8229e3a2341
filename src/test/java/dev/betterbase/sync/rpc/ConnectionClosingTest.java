package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How a connection is closed, and what it gives back (protocol.md, Close codes). */
class ConnectionClosingTest extends ConnectionFixture {

  @Test
  void anOrderlyCloseWaitsForTheRequestInHand() {
    RpcConnection connection = node.connect(transport, "alice");
    ask.meanwhile =
        () -> {
          connection.closeInOrder(Close.SHUTTING_DOWN);
          assertThat(transport.close()).isNull();
        };
    connection.binary(request("1", "ask", "x"));
    assertSent(FrameWriter.result("1", textBody("x")));
    assertClosed(CloseCode.GOING_AWAY, "server shutting down");
    connection.binary(request("2", "ask", "y"));
    assertThat(ask.log).containsExactly("x", "after x");
  }

  @Test
  void aCloseFrameGoesOutBehindTheFrameInHandAndAheadOfWhatWaits() {
    RpcConnection connection = node.connect(transport, "alice");
    transport.stopReading();
    for (int i = 0; i < 256 + 2; i++) {
      connection.send(new Notification.Lasting(new SpaceId(new UUID(1, i)), new byte[10]));
    }
    assertThat(transport.close()).isNull();
    transport.read();
    assertClosed(CloseCode.SLOW_CONSUMER, "slow consumer");
    assertThat(transport.sent()).hasSize(1);
  }

  @Test
  void closes4006WhereTheSocketTakesNothingFor30Seconds() {
    RpcConnection connection = node.connect(transport, "alice");
    transport.stopReading();
    connection.binary(request("1", "ask", "x"));
    pass(connection, Duration.ofSeconds(29));
    assertThat(connection.isOpen()).isTrue();
    pass(connection, Duration.ofSeconds(1));
    assertThat(connection.isOpen()).isFalse();
    transport.read();
    assertClosed(CloseCode.SLOW_CONSUMER, "slow consumer");
  }

  @Test
  void cutsOffAPeerWhereTheCloseFrameDoesNotGetOutFor60Seconds() {
    RpcConnection connection = node.connect(transport, "alice");
    transport.stopReading();
    connection.binary(request("1", "ask", "x"));
    connection.text("x");
    pass(connection, Duration.ofSeconds(59));
    assertThat(transport.isCut()).isFalse();
    pass(connection, Duration.ofSeconds(1));
    assertThat(transport.close()).isNull();
    assertThat(transport.isCut()).isTrue();
    assertThat(node.gone()).containsExactly(connection);
  }

  @Test
  void cutsOffAPeerThatDoesNotAnswerACloseFrameFor10Seconds() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.text("x");
    assertClosed(CloseCode.PROTOCOL_ERROR, "expected binary rpc frame");
    pass(connection, Duration.ofSeconds(9));
    assertThat(transport.isCut()).isFalse();
    pass(connection, Duration.ofSeconds(1));
    assertThat(transport.isCut()).isTrue();
    assertThat(node.gone()).containsExactly(connection);
  }

  @Test
  void givesUpItsSlotWhenThePeerBeginsToClose() {
    var ended = new AtomicInteger();
    RpcConnection connection = node.connect(transport, "alice");
    connection.onEnd(ended::incrementAndGet);
    connection.closing();
    assertThat(ended).hasValue(1);
    connection.closed();
    assertThat(ended).hasValue(1);
    assertThat(transport.close()).as("the transport answers by itself").isNull();
  }

  @Test
  void endsOnceHoweverItEnds() {
    RpcConnection connection = node.connect(transport, "alice");
    var ended = new AtomicInteger();
    connection.onEnd(ended::incrementAndGet);
    connection.text("x");
    connection.closed();
    connection.closed();
    assertThat(ended).hasValue(1);
    connection.onEnd(ended::incrementAndGet);
    assertThat(ended).as("at once where it has ended").hasValue(2);
    assertThat(node.gone()).containsOnly(connection);
  }
}
