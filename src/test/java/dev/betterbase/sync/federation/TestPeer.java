package dev.betterbase.sync.federation;

import dev.betterbase.sync.federation.trust.HttpSignature;
import dev.betterbase.sync.federation.trust.SigningKey;
import dev.betterbase.sync.settings.KeyId;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Handshake;
import dev.betterbase.sync.testing.WireClient;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** A server that another one trusts, played by a test over the bare wire. */
public final class TestPeer {
  static final String PATH = "/api/v1/federation/ws";
  private static final String SUBPROTOCOL = "Sec-WebSocket-Protocol: betterbase-rpc-v1";

  private final SigningKey key;
  private final AtomicLong created = new AtomicLong();

  /**
   * @param domain its domain
   */
  public TestPeer(String domain) {
    key =
        SigningKey.generate(
            KeyId.parse("https://" + domain + "/.well-known/jwks.json#k").orElseThrow());
  }

  /** What stands in FEDERATION_TRUSTED_KEYS of whoever trusts it. */
  public String trustedKeysEntry() {
    return key.id() + "=" + key.publicKeyText();
  }

  /** The two header lines, and the sub-protocol, of a handshake that is signed now. */
  public String[] lines(int port) {
    return lines(port, "ws");
  }

  /** The same for a peer that dialled this scheme, as in front of a TLS proxy. */
  public String[] lines(int port, String scheme) {
    long second =
        created.updateAndGet(last -> Math.max(last + 1, Instant.now().getEpochSecond() - 60));
    List<String> lines = new ArrayList<>(List.of(SUBPROTOCOL));
    String host = "127.0.0.1:" + port;
    HttpSignature.sign(key, scheme + "://" + host + PATH, host, second)
        .forEach((name, value) -> lines.add(name + ": " + value));
    return lines.toArray(String[]::new);
  }

  /**
   * Signs a request for a file, with a nonce, with a clock that may be wrong.
   *
   * @param fields the other header fields to send, by lower-case name
   * @param signed those of them that are signed
   * @return the header fields to send: those given, and the signature
   */
  public Map<String, String> file(
      String method, URI url, Map<String, String> fields, List<String> signed, Duration ahead) {
    var sent = new LinkedHashMap<>(fields);
    sent.put("host", url.getAuthority());
    Map<String, String> signature =
        HttpSignature.sign(
            key,
            new HttpSignature.Unsigned(method, url.toString(), sent, signed),
            Instant.now().plus(ahead).getEpochSecond(),
            Optional.of(UUID.randomUUID().toString()));
    sent.remove("host");
    sent.putAll(signature);
    return sent;
  }

  /** Opens a connection. */
  public WireClient connect(int port) {
    return WireClient.open(port, PATH, lines(port));
  }

  /** Sends a handshake with these header lines only. */
  public static Handshake handshake(int port, String... lines) {
    try (WebSocketWire wire = WebSocketWire.connect(port, 0)) {
      return wire.handshake(PATH, lines);
    }
  }
}
