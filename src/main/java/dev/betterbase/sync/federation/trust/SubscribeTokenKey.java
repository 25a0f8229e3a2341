package dev.betterbase.sync.federation.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.protocol.HmacSha256;
import dev.betterbase.sync.settings.Secret;

/** The key that authenticates subscribe tokens: HMAC-SHA256(secret, "fst-key-v1"). */
final class SubscribeTokenKey {
  private static final byte[] PURPOSE = "fst-key-v1".getBytes(UTF_8);

  private final byte[] key;

  SubscribeTokenKey(Secret secret) {
    this(secret.value().getBytes(UTF_8));
  }

  /**
   * @param secret at least one byte
   */
  SubscribeTokenKey(byte[] secret) {
    key = new HmacSha256(secret).of(PURPOSE);
  }

  byte[] mac(byte[] message) {
    return new HmacSha256(key).of(message);
  }

  /** A copy of the 32 bytes. */
  byte[] bytes() {
    return key.clone();
  }
}
