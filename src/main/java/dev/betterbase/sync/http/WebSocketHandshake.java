package dev.betterbase.sync.http;

import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks whether a request may become a WebSocket (RFC 6455, section 4.2.1; protocol.md,
 * Connecting).
 *
 * @param method the method of the request
 * @param protocol its version of HTTP, such as {@code HTTP/1.1}
 * @param hasBody whether it announces a body
 * @param upgrade every {@code Upgrade} header
 * @param connection every {@code Connection} header
 * @param versions every {@code Sec-WebSocket-Version} header
 * @param keys every {@code Sec-WebSocket-Key} header
 * @param protocols every {@code Sec-WebSocket-Protocol} header
 */
record WebSocketHandshake(
    String method,
    String protocol,
    boolean hasBody,
    List<String> upgrade,
    List<String> connection,
    List<String> versions,
    List<String> keys,
    List<String> protocols) {

  /**
   * The reason why a handshake is refused.
   *
   * @param status the HTTP status
   * @param message the text of the JSON error
   * @param headers further headers that the status requires
   */
  record Refusal(int status, String message, Map<String, String> headers) {}

  private static final String VERSION = "13";
  private static final int KEY_BYTES = 16;

  WebSocketHandshake {
    upgrade = List.copyOf(upgrade);
    connection = List.copyOf(connection);
    versions = List.copyOf(versions);
    keys = List.copyOf(keys);
    protocols = List.copyOf(protocols);
  }

  /**
   * Whether the request asks for a WebSocket at all. In HTTP/1.0 there is no upgrade, and a server
   * ignores that header (RFC 9110, section 7.8).
   */
  boolean asksForUpgrade() {
    return !protocol.equals(RequestHead.HTTP_1_0)
        && tokens(upgrade).anyMatch("websocket"::equalsIgnoreCase);
  }

  /**
   * The first fault of this handshake; empty if the upgrade may proceed.
   *
   * <p>If the client does not offer the sub-protocol, the status is 400 whatever else is wrong
   * (protocol.md). So a plain {@code GET} gets 400 rather than the 426 of RFC 9110.
   *
   * @param subprotocol the sub-protocol that must be among those offered
   */
  Optional<Refusal> refusal(String subprotocol) {
    if (!method.equals("GET")) {
      return refuse(405, JsonError.messageFor(405), Map.of("Allow", "GET, OPTIONS"));
    }
    if (hasBody) {
      // Behind an upgrade, the body would be read as frames that the client never sent.
      return refuse(400, "a WebSocket handshake has no body", Map.of("Connection", "close"));
    }
    if (tokens(protocols).noneMatch(subprotocol::equals)) {
      return refuse(400, "WebSocket subprotocol " + subprotocol + " required", Map.of());
    }
    if (!asksForUpgrade()
        || tokens(connection)
            .noneMatch(token -> token.toLowerCase(Locale.ROOT).equals("upgrade"))) {
      return refuse(400, "WebSocket upgrade required", Map.of());
    }
    if (!versions.equals(List.of(VERSION))) {
      return refuse(426, "WebSocket version 13 required", Map.of("Sec-WebSocket-Version", VERSION));
    }
    if (keys.size() != 1 || !isKey(keys.getFirst())) {
      return refuse(400, "invalid Sec-WebSocket-Key header", Map.of());
    }
    return Optional.empty();
  }

  private static Optional<Refusal> refuse(int status, String message, Map<String, String> headers) {
    return Optional.of(new Refusal(status, message, headers));
  }

  /** A header field that is a list may be split into several lines (RFC 9110, section 5.3). */
  private static Stream<String> tokens(Collection<String> headers) {
    return headers.stream().flatMap(value -> Stream.of(value.split(",", -1))).map(String::strip);
  }

  private static boolean isKey(String text) {
    try {
      return Base64.getDecoder().decode(text.strip()).length == KEY_BYTES;
    } catch (IllegalArgumentException notBase64) {
      return false;
    }
  }
}
