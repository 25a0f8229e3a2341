package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import java.util.Optional;

/** A key set that was handed over in process: no fetch, no expiry. */
public record FixedKeySet(Jwks keys) implements KeySetSource {
  @Override
  public Optional<JWSVerifier> verifier(String kid) {
    return keys.verifier(kid);
  }
}
