package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import java.util.Optional;

/** A key set that is handed over in the process, so it is never fetched and never expires. */
public record FixedKeySet(Jwks keys) implements KeySetSource {
  @Override
  public Optional<JWSVerifier> verifier(String kid) {
    return keys.verifier(kid);
  }

  @Override
  public Optional<JWSVerifier> replacement(String kid, JWSVerifier failed) {
    return Optional.empty();
  }
}
