package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.RawHttp.Response;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Handshake;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** protocol.md, Connecting: the sub-protocol and the headers of the handshake. */
@IntegrationTest
class HandshakeIT {
  private static final String HANDSHAKE =
      """
      GET /api/v1/ws HTTP/1.1
      Host: 127.0.0.1
      Upgrade: websocket
      Connection: Upgrade
      Sec-WebSocket-Version: 13
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
      Sec-WebSocket-Protocol: betterbase-rpc-v1
      """
          .replace("\n", "\r\n");

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

  /** RFC 6455, section 4.2.1, and RFC 9110, section 7.8. */
  @Test
  void inHttp10ThereIsNoUpgrade() {
    Response response =
        RawHttp.exchange(port(), HANDSHAKE.replace("HTTP/1.1", "HTTP/1.0") + "\r\n");

    assertThat(response.status()).isEqualTo(400);
    assertThat(response.body()).isEqualTo("{\"error\":\"WebSocket upgrade required\"}");
  }

  /** Otherwise the server would read the body as frames, and take a close frame as the client's. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 8\r\n\r\n\u0088\u0082\0\0\0\0\u0003\u00e8",
        "Transfer-Encoding: chunked\r\n\r\n8\r\n\u0088\u0082\0\0\0\0\u0003\u00e8\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 47\r\n\r\nGET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: y\r\n\r\n",
      })
  void aHandshakeWithABodyIs400AndEndsTheConnection(String rest) {
    // Fails if the connection stays open.
    Response response = RawHttp.exchange(port(), HANDSHAKE + rest);

    assertThat(response.status()).isEqualTo(400);
    assertThat(response.body()).isEqualTo("{\"error\":\"a WebSocket handshake has no body\"}");
  }

  @Test
  void aHandshakeMaySayThatItHasNoBody() {
    Handshake handshake =
        handshake("Sec-WebSocket-Protocol: betterbase-rpc-v1", "Content-Length: 0");
    assertThat(handshake.status()).isEqualTo(101);
  }

  private int port() {
    return server.process().port();
  }

  private Handshake handshake(String... lines) {
    try (WebSocketWire wire = WebSocketWire.connect(port(), 0)) {
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
