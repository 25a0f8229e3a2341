package dev.betterbase.sync.settings;

import java.net.URI;
import java.util.Locale;

/**
 * An OAuth server whose access tokens this server takes (config.md, TRUSTED_ISSUERS).
 *
 * @param issuer its name, as in the claim {@code iss}, without trailing slashes
 * @param jwksUrl where its key set is fetched; http or https
 */
public record TrustedIssuer(String issuer, URI jwksUrl) {
  public TrustedIssuer {
    if (issuer.isEmpty() || issuer.endsWith("/")) {
      throw new IllegalArgumentException("an issuer is not empty and ends in no slash");
    }
    String scheme = jwksUrl.getScheme();
    if (scheme == null
        || !(scheme.toLowerCase(Locale.ROOT).equals("https")
            || scheme.toLowerCase(Locale.ROOT).equals("http"))
        || jwksUrl.getHost() == null) {
      throw new IllegalArgumentException("a JWKS URL is an absolute http or https URL");
    }
  }
}
