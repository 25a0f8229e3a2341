package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The key set of an issuer, at its JWKS URL. */
final class JwksSource implements KeySetSource {
  private final CachedKeys<JWSVerifier> keys;

  /**
   * @param issuer for the log
   * @param fetch starts a fetch; its future is complete within {@link CachedKeys#FETCH_TIMEOUT}
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  JwksSource(String issuer, Supplier<CompletableFuture<Jwks>> fetch, LongSupplier nanoTime) {
    keys = new CachedKeys<>(issuer, () -> fetch.get().thenApply(Jwks::verifiers), nanoTime);
  }

  @Override
  public Optional<JWSVerifier> verifier(String kid) {
    return keys.key(kid);
  }

  @Override
  public Optional<JWSVerifier> replacement(String kid, JWSVerifier failed) {
    return keys.replacement(kid, failed);
  }
}
