package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Handshake;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** protocol.md, Connecting: the sub-protocol and the headers of the handshake. */
@IntegrationTest
class HandshakeIT {
  private final TestServer server = TestServer.shared();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sec-WebSocket-Protocol: betterbase-rpc-v1",
        "Sec-WebSocket-Protocol: chat, betterbase-rpc-v1",
        "Sec-WebSocket-Protocol: betterbase-rpc-v1,chat",
        "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: betterbase-rpc-v1",
      })
  void offeredSubprotocolIsEchoed(String offer) {
    Handshake handshake = handshake(offer);
    assertThat(handshake.status()).isEqualTo(101);
    assertThat(handshake.headers().get("sec-websocket-protocol"))
        .containsExactly("betterbase-rpc-v1");
    assertStandardHeaders(handshake);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-None: none",
        "Sec-WebSocket-Protocol: chat",
        "Sec-WebSocket-Protocol: betterbase-rpc-v2",
        "Sec-WebSocket-Protocol: betterbase-rpc-v11, xbetterbase-rpc-v1",
        "Sec-WebSocket-Protocol: ",
      })
  void withoutTheSubprotocolThereIsNoUpgrade(String offer) {
    Handshake handshake = handshake(offer);
    assertThat(handshake.status()).isEqualTo(400);
    assertThat(handshake.header("Upgrade")).isEmpty();
    assertThat(handshake.header("Content-Type"))
        .hasValueSatisfying(isJson -> assertThat(isJson).startsWith("application/json"));
    assertThat(handshake.body()).startsWith("{\"error\":");
    assertStandardHeaders(handshake);
  }

  @Test
  void permessageDeflateIsNotAgreedOn() {
    Handshake handshake =
        handshake(
            "Sec-WebSocket-Protocol: betterbase-rpc-v1",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits");
    assertThat(handshake.status()).isEqualTo(101);
    assertThat(handshake.header("Sec-WebSocket-Extensions").orElse("")).isEmpty();
  }

  private Handshake handshake(String... lines) {
    try (WebSocketWire wire = WebSocketWire.connect(server.process().port(), 0)) {
      return wire.handshake("/api/v1/ws", lines);
    }
  }

  private static void assertStandardHeaders(Handshake handshake) {
    assertThat(handshake.headers().get("x-protocol-version")).containsExactly("1");
    assertThat(handshake.headers().get("access-control-allow-origin")).containsExactly("*");
    assertThat(handshake.headers()).containsKey("access-control-allow-methods");
    assertThat(handshake.headers()).doesNotContainKeys("server", "x-powered-by");
  }
}
