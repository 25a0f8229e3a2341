package dev.betterbase.sync.launcher.boot;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The key of the development issuer, which the launcher hands to the application in memory. The
 * class is on the system class path of the uber-jar only, so the WAR on an application server never
 * finds it.
 */
public final class DevelopmentIssuerKey {
  private static volatile @Nullable String jwk;

  private DevelopmentIssuerKey() {}

  /** The private key as a JWK; empty unless this is {@code serve --dev}. */
  public static Optional<String> privateJwk() {
    return Optional.ofNullable(jwk);
  }

  /** Turns on the development mode of the application. */
  public static void set(String privateJwk) {
    jwk = privateJwk;
  }
}
