package dev.betterbase.sync.settings;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An OAuth issuer whose access tokens this server accepts (config.md, Settings).
 *
 * @param issuer the name of the issuer, as in the claim {@code iss}, without trailing slashes
 * @param jwksUrl the http or https URL of its key set
 */
public record TrustedIssuer(String issuer, URI jwksUrl) {
  private static final String EXPECTED =
      "issuer URLs (http or https, separated by spaces), each alone or as issuer=jwks_url";

  /**
   * @throws IllegalArgumentException if the issuer ends in a slash, or the JWKS URL is not an http
   *     or https URL
   */
  public TrustedIssuer {
    if (issuer.isEmpty() || issuer.endsWith("/")) {
      throw new IllegalArgumentException(
          "expected an issuer that is not empty and does not end in a slash");
    }
    if (HttpUrl.parse(jwksUrl.toString()).isEmpty()) {
      throw new IllegalArgumentException("expected an http or https URL of a key set");
    }
  }

  static List<TrustedIssuer> read(SettingsReader reader) {
    Optional<SettingsReader.Given> given = reader.findSet(Setting.TRUSTED_ISSUERS);
    return given.isEmpty() ? List.of() : parseAll(given.get());
  }

  /** An issuer whose key set is at the default URL. */
  static TrustedIssuer withDefaultJwksUrl(String issuer) {
    return new TrustedIssuer(issuer, URI.create(issuer + "/.well-known/jwks.json"));
  }

  private static List<TrustedIssuer> parseAll(SettingsReader.Given given) {
    List<TrustedIssuer> issuers = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String entry : SettingsReader.split(given.value(), "\\s+")) {
      TrustedIssuer issuer = parse(entry);
      if (issuer == null) {
        throw refusal(given, entry, EXPECTED);
      }
      if (!names.add(issuer.issuer())) {
        throw refusal(given, entry, "each issuer only once");
      }
      issuers.add(issuer);
    }
    return List.copyOf(issuers);
  }

  private static @Nullable TrustedIssuer parse(String entry) {
    int equals = entry.indexOf('=');
    String name = (equals < 0 ? entry : entry.substring(0, equals)).replaceAll("/+$", "");
    if (HttpUrl.parse(name).filter(issuer -> issuer.getRawQuery() == null).isEmpty()) {
      return null;
    }
    if (equals < 0) {
      return withDefaultJwksUrl(name);
    }
    return HttpUrl.parse(entry.substring(equals + 1))
        .map(jwksUrl -> new TrustedIssuer(name, jwksUrl))
        .orElse(null);
  }

  /** Names only the bad entry, without user info, which may be a password. */
  private static InvalidSetting refusal(SettingsReader.Given given, String entry, String expected) {
    String shown = entry.replaceAll("//[^/]*@", "//…@");
    return new SettingsReader.Given(given.setting(), given.variable(), shown).expected(expected);
  }
}
