package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import java.util.Optional;

/** The source of the keys of one trusted issuer. */
public sealed interface KeySetSource permits JwksSource, FixedKeySet {
  /**
   * The key of this id, ready to verify ES256 signatures. May wait for a fetch, at most {@link
   * CachedKeys#MAX_WAIT}.
   *
   * @return empty if the issuer has no such key as far as is known
   */
  Optional<JWSVerifier> verifier(String kid);

  /**
   * The key that has replaced one of the same id, after that one did not verify a signature. May
   * wait for a fetch, at most {@link CachedKeys#MAX_WAIT}.
   *
   * @param failed the key that {@link #verifier} returned
   * @return empty if no other key is known
   */
  Optional<JWSVerifier> replacement(String kid, JWSVerifier failed);
}
