package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The key set of an issuer, at its JWKS URL. */
final class JwksSource implements KeySetSource {
  private final CachedKeys<JWSVerifier> keys;

  /**
   * @param issuer for the log
   * @param fetch starts a fetch; its future is complete within {@link CachedKeys#FETCH_TIMEOUT}
   */
  JwksSource(String issuer, Supplier<CompletableFuture<Jwks>> fetch, InstantSource clock) {
    keys = new CachedKeys<>(issuer, () -> fetch.get().thenApply(Jwks::verifiers), clock);
  }

  @Override
  public Optional<JWSVerifier> verifier(String kid) {
    return keys.key(kid);
  }
}
