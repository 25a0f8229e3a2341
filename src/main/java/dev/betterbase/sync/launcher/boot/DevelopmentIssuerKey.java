package dev.betterbase.sync.launcher.boot;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The key of the development issuer, handed to the application within the process. This class
 * stands in the uber-jar alone, on its system class path: a WAR on a server finds none.
 */
public final class DevelopmentIssuerKey {
  private static volatile @Nullable String jwk;

  private DevelopmentIssuerKey() {}

  /** The private key as a JWK; empty where this is not {@code serve --dev}. */
  public static Optional<String> privateJwk() {
    return Optional.ofNullable(jwk);
  }

  /** Turns the development mode of the application on. */
  public static void set(String privateJwk) {
    jwk = privateJwk;
  }
}
