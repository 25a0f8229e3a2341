package dev.betterbase.sync.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, by which the protocol names and compares things. */
public final class Sha256 {
  private Sha256() {}

  /** The hash of bytes: 32 bytes. */
  public static byte[] of(byte[] bytes) {
    return digest().digest(bytes);
  }

  /** A new digest, for bytes that come one after another. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  /** The hash of a text in UTF-8: 32 bytes. */
  public static byte[] of(String text) {
    return of(text.getBytes(UTF_8));
  }
}
