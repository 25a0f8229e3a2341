package dev.betterbase.sync.identity;

/**
 * An issuer inside this very process, trusted beside those of the settings. The CDI bean of this
 * type, where there is one (development mode only), is found by {@code IdentityProducer}.
 *
 * @param issuer its name, as in the claim {@code iss}, without trailing slashes
 * @param keys its public keys
 */
public record InProcessIssuer(String issuer, Jwks keys) {
  public InProcessIssuer {
    if (issuer.isEmpty() || issuer.endsWith("/")) {
      throw new IllegalArgumentException("an issuer is not empty and ends in no slash");
    }
  }
}
