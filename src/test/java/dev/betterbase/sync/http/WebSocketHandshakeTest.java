package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.http.WebSocketHandshake.Refusal;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebSocketHandshakeTest {

  private static final String HTTP = "HTTP/1.1";
  private static final List<String> UPGRADE = List.of("websocket");
  private static final List<String> CONNECTION = List.of("Upgrade");
  private static final List<String> VERSION = List.of("13");
  private static final List<String> KEY = List.of("dGhlIHNhbXBsZSBub25jZQ==");

  private static Optional<Refusal> offering(String... protocols) {
    return new WebSocketHandshake(
            "GET", HTTP, false, UPGRADE, CONNECTION, VERSION, KEY, List.of(protocols))
        .refusal(HandshakeFilter.SUBPROTOCOL);
  }

  private static Optional<Integer> status(Optional<Refusal> refusal) {
    return refusal.map(Refusal::status);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "betterbase-rpc-v1",
        " betterbase-rpc-v1 ",
        "other, betterbase-rpc-v1",
        "betterbase-rpc-v1,other"
      })
  void theSubprotocolMayStandAnywhereInTheList(String protocols) {
    assertThat(offering(protocols)).isEmpty();
  }

  @Test
  void theListMayBeSplitOverSeveralHeaders() {
    assertThat(offering("other", "betterbase-rpc-v1")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "other",
        "betterbase-rpc-v2",
        "BETTERBASE-RPC-V1",
        "betterbase-rpc-v1x",
        "xbetterbase-rpc-v1",
        "betterbase-rpc-v1;q=1",
        "betterbase-rpc-v1 other"
      })
  void withoutTheSubprotocolItIs400(String protocols) {
    Optional<Refusal> refusal = offering(protocols);

    assertThat(status(refusal)).contains(400);
    assertThat(refusal.orElseThrow().message())
        .isEqualTo("WebSocket subprotocol betterbase-rpc-v1 required");
  }

  @Test
  void noProtocolHeaderIs400() {
    assertThat(status(offering())).contains(400);
  }

  @Test
  void upgradeAndConnectionAreListsInAnyCase() {
    // The tests run in the Turkish locale, but neither word has an I, which it would change.
    assertThat(
            new WebSocketHandshake(
                    "GET",
                    HTTP,
                    false,
                    List.of("h2c, WebSocket"),
                    List.of("keep-alive, UPGRADE"),
                    VERSION,
                    KEY,
                    List.of("betterbase-rpc-v1"))
                .refusal(HandshakeFilter.SUBPROTOCOL))
        .isEmpty();
  }

  @Test
  void aPlainGetIs400() {
    assertThat(
            status(
                new WebSocketHandshake(
                        "GET",
                        HTTP,
                        false,
                        List.of(),
                        List.of("keep-alive"),
                        List.of(),
                        List.of(),
                        List.of())
                    .refusal(HandshakeFilter.SUBPROTOCOL)))
        .contains(400);
  }

  @Test
  void theSubprotocolWithoutAnUpgradeIs400() {
    List<String> protocol = List.of(HandshakeFilter.SUBPROTOCOL);

    assertThat(
            status(
                new WebSocketHandshake(
                        "GET", HTTP, false, List.of(), CONNECTION, VERSION, KEY, protocol)
                    .refusal(HandshakeFilter.SUBPROTOCOL)))
        .contains(400);
    assertThat(
            status(
                new WebSocketHandshake(
                        "GET", HTTP, false, UPGRADE, List.of("keep-alive"), VERSION, KEY, protocol)
                    .refusal(HandshakeFilter.SUBPROTOCOL)))
        .contains(400);
  }

  @Test
  void anotherVersionIs426AndNamesOurs() {
    Refusal refusal =
        new WebSocketHandshake(
                "GET",
                HTTP,
                false,
                UPGRADE,
                CONNECTION,
                List.of("8"),
                KEY,
                List.of(HandshakeFilter.SUBPROTOCOL))
            .refusal(HandshakeFilter.SUBPROTOCOL)
            .orElseThrow();

    assertThat(refusal.status()).isEqualTo(426);
    assertThat(refusal.headers()).containsEntry("Sec-WebSocket-Version", "13");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "short", "!!!!", "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ=="})
  void aKeyThatIsNot16BytesIs400(String key) {
    assertThat(
            status(
                new WebSocketHandshake(
                        "GET",
                        HTTP,
                        false,
                        UPGRADE,
                        CONNECTION,
                        VERSION,
                        List.of(key),
                        List.of(HandshakeFilter.SUBPROTOCOL))
                    .refusal(HandshakeFilter.SUBPROTOCOL)))
        .contains(400);
  }

  @Test
  void anotherMethodIs405() {
    Refusal refusal =
        new WebSocketHandshake(
                "POST",
                HTTP,
                false,
                UPGRADE,
                CONNECTION,
                VERSION,
                KEY,
                List.of(HandshakeFilter.SUBPROTOCOL))
            .refusal(HandshakeFilter.SUBPROTOCOL)
            .orElseThrow();

    assertThat(refusal.status()).isEqualTo(405);
    assertThat(refusal.headers()).containsEntry("Allow", "GET, OPTIONS");
  }

  @Test
  void inHttp10ThereIsNoUpgrade() {
    var handshake =
        new WebSocketHandshake(
            "GET",
            "HTTP/1.0",
            false,
            UPGRADE,
            CONNECTION,
            VERSION,
            KEY,
            List.of(HandshakeFilter.SUBPROTOCOL));

    assertThat(handshake.asksForUpgrade()).isFalse();
    assertThat(status(handshake.refusal(HandshakeFilter.SUBPROTOCOL))).contains(400);
  }

  @Test
  void aBodyIs400AndEndsTheConnection() {
    Refusal refusal =
        new WebSocketHandshake(
                "GET",
                HTTP,
                true,
                UPGRADE,
                CONNECTION,
                VERSION,
                KEY,
                List.of(HandshakeFilter.SUBPROTOCOL))
            .refusal(HandshakeFilter.SUBPROTOCOL)
            .orElseThrow();

    assertThat(refusal.status()).isEqualTo(400);
    assertThat(refusal.headers()).containsEntry("Connection", "close");
  }
}
