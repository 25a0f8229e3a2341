package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The key set of an issuer, at its JWKS URL. */
final class JwksSource implements KeySetSource {
  private static final String ISSUER = "issuer";

  private final CachedKeys<JWSVerifier> keys;

  /**
   * @param issuer for the log
   * @param fetch starts a fetch; its future is complete within {@link CachedKeys#FETCH_TIMEOUT}
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  JwksSource(String issuer, Supplier<CompletableFuture<Jwks>> fetch, LongSupplier nanoTime) {
    keys = new CachedKeys<>(issuer, () -> fetch.get().thenApply(Jwks::verifiers), nanoTime);
  }

  /** Shows from now on how old the keys are, and whether they can be fetched. */
  void register(MeterRegistry registry, String issuer) {
    TimeGauge.builder("betterbase.jwks.age", this, TimeUnit.SECONDS, JwksSource::ageSeconds)
        .description("Age of the key set of an issuer; NaN until it was fetched once")
        .tag(ISSUER, issuer)
        .strongReference(true)
        .register(registry);
    Gauge.builder("betterbase.jwks.failing", keys, all -> all.isFailing() ? 1 : 0)
        .description("1 if the last fetch of the key set of an issuer failed")
        .tag(ISSUER, issuer)
        .strongReference(true)
        .register(registry);
  }

  private double ageSeconds() {
    return keys.age().map(age -> age.toMillis() / 1_000.0).orElse(Double.NaN);
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
