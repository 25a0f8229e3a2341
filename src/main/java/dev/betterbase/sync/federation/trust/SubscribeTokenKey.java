package dev.betterbase.sync.federation.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.settings.Secret;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The key that authenticates subscribe tokens: HMAC-SHA256(secret, "fst-key-v1"). */
final class SubscribeTokenKey {
  private static final String ALGORITHM = "HmacSHA256";
  private static final byte[] PURPOSE = "fst-key-v1".getBytes(UTF_8);

  private final byte[] key;

  SubscribeTokenKey(Secret secret) {
    this(secret.value().getBytes(UTF_8));
  }

  /**
   * @param secret at least one byte
   */
  SubscribeTokenKey(byte[] secret) {
    key = mac(secret, PURPOSE);
  }

  byte[] mac(byte[] message) {
    return mac(key, message);
  }

  /** A copy of the 32 bytes. */
  byte[] bytes() {
    return key.clone();
  }

  private static byte[] mac(byte[] key, byte[] message) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return mac.doFinal(message);
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }
}
