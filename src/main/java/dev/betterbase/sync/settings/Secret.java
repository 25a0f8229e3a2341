package dev.betterbase.sync.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;

/** A text that must not be printed. Its {@code toString} hides it. */
public record Secret(String value) {
  /** Whether a text is the secret. The time that this takes does not depend on the secret. */
  public boolean matches(String given) {
    // The time depends on the length of the first argument alone.
    return MessageDigest.isEqual(given.getBytes(UTF_8), value.getBytes(UTF_8));
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
