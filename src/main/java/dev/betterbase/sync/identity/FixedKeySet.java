package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import java.util.Optional;

/** A key set handed over in the process: it is never fetched and never expires. */
public record FixedKeySet(Jwks keys) implements KeySetSource {
  @Override
  public Optional<JWSVerifier> verifier(String kid) {
    return keys.verifier(kid);
  }
}
