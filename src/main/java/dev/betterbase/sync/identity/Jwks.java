package dev.betterbase.sync.identity;

import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import java.text.ParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The keys of an issuer that can verify access tokens, by {@code kid}: EC keys on P-256. A key that
 * names its use or its algorithm must name signatures and ES256 (RFC 7517). Immutable.
 */
public final class Jwks {
  private final Map<String, JWSVerifier> verifiers;

  private Jwks(Map<String, JWSVerifier> verifiers) {
    this.verifiers = Map.copyOf(verifiers);
  }

  /**
   * Reads a JWK set. A key that is malformed, of another kind, or without {@code kid} is skipped
   * and the rest is used, whereas Nimbus' {@code JWKSet.parse} rejects the whole set. Of two keys
   * with the same {@code kid} the first counts.
   *
   * @throws ParseException if the text is not a JSON object with a list {@code keys}
   */
  public static Jwks parse(String json) throws ParseException {
    // A key with a duplicate member must not invalidate the set (RFC 7517, 4: the last may count).
    if (!(Json.object(json).get("keys") instanceof List<?> keys)) {
      throw new ParseException("a key set has a list of keys", 0);
    }
    Map<String, JWSVerifier> verifiers = HashMap.newHashMap(keys.size());
    for (Object key : keys) {
      if (key instanceof Map<?, ?> members) {
        usable(members).ifPresent(usable -> verifiers.putIfAbsent(usable.kid(), usable.verifier()));
      }
    }
    return new Jwks(verifiers);
  }

  /** All keys, by {@code kid}. */
  Map<String, JWSVerifier> verifiers() {
    return verifiers;
  }

  Optional<JWSVerifier> verifier(String kid) {
    return Optional.ofNullable(verifiers.get(kid));
  }

  private record Usable(String kid, JWSVerifier verifier) {}

  private static Optional<Usable> usable(Map<?, ?> members) {
    if (!(members.get("kid") instanceof String kid)
        || kid.isEmpty()
        || !"EC".equals(members.get("kty"))
        || !Curve.P_256.getName().equals(members.get("crv"))
        || !(members.get("x") instanceof String x)
        || !(members.get("y") instanceof String y)
        || !isAbsentOr("sig", members.get("use"))
        || !isAbsentOr("ES256", members.get("alg"))) {
      return Optional.empty();
    }
    try {
      // The constructors called here check that the point lies on the curve.
      ECKey key = ECKey.parse(Map.of("kty", "EC", "crv", Curve.P_256.getName(), "x", x, "y", y));
      return Optional.of(
          new Usable(
              kid,
              Es256Verifier.of(key.getX().decodeToBigInteger(), key.getY().decodeToBigInteger())));
    } catch (ParseException | IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  private static boolean isAbsentOr(String wanted, @Nullable Object given) {
    return given == null || wanted.equals(given);
  }
}
