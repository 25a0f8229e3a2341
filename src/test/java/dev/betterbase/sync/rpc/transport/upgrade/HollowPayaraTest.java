package dev.betterbase.sync.rpc.transport.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.rpc.transport.upgrade.payara.PayaraSocket;
import dev.betterbase.sync.rpc.transport.upgrade.payara.PlainWayTest;
import dev.betterbase.sync.testing.WebSocketWire;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The transport on a server that looks like Payara, but lacks the members of its socket. */
class HollowPayaraTest {

  private static final class Hollow extends PipedConnection {
    @SuppressWarnings("unused") // found by its name
    private static final Object request = new PlainWayTest.HollowRequest();

    Hollow() {
      super(new ReceiveBudget(1 << 20));
    }
  }

  private final Hollow peer = new Hollow();

  @Test
  void messagesComeAndGoThroughTheStreams() {
    assertThat(PayaraSocket.of(peer)).as("the way to the socket").isNotNull();

    peer.receive(WebSocketWire.frame(WebSocketWire.BINARY, true, true, new byte[] {1, 2}));
    peer.transport().offer(List.of(new byte[] {3}), () -> {});

    assertThat(peer.messages).containsExactly(new byte[] {1, 2});
    assertThat(peer.written.toByteArray()).containsExactly(0x82, 1, 3);
  }

  @Test
  void aCutEndsTheConnectionByItsOwnClose() {
    peer.connection.opened();
    assertThat(peer.closed).isFalse();

    peer.transport().cut();

    assertThat(peer.closed).isTrue();
    assertThat(peer.webClosed).isTrue();
  }
}
