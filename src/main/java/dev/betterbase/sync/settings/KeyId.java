package dev.betterbase.sync.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/**
 * The id of a peer's signing key (auth.md, HTTP signature): {@code
 * https://<domain>/.well-known/jwks.json#<fragment>}.
 *
 * @param uri an http or https URL with a host and without user info
 */
public record KeyId(URI uri) {
  /** The path of every key set. */
  private static final String KEY_SET_PATH = "/.well-known/jwks.json";

  private static final int HTTPS = 443;

  /** Reads a key id; empty if the text is not one. */
  public static Optional<KeyId> parse(String text) {
    try {
      URI uri = new URI(text);
      boolean http = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
      return http && uri.getHost() != null && uri.getRawUserInfo() == null
          ? Optional.of(new KeyId(uri))
          : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  /** The domain of the peer: the host in lower case, without port and brackets. */
  public String domain() {
    return uri.getHost()
        .toLowerCase(Locale.ROOT)
        .replaceFirst("\\.$", "")
        .replaceAll("[\\[\\]]", "");
  }

  /** The host in canonical form, with its port unless that is 443. */
  Optional<Domain> authority() {
    return Domain.of(uri.getRawAuthority());
  }

  /** The port; if the id names none, the default port of its scheme. */
  public int port() {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? HTTPS : 80;
  }

  /** Whether the id names a key in the key set of its server, with a fragment. */
  public boolean isInKeySet() {
    return KEY_SET_PATH.equals(uri.getRawPath())
        && uri.getRawQuery() == null
        && uri.getRawFragment() != null
        && !uri.getRawFragment().isEmpty();
  }

  /**
   * The id of a server's own key.
   *
   * @throws IllegalArgumentException if the fragment cannot stand in a URL
   */
  public static KeyId of(Domain domain, String fragment) {
    return parse("https://" + domain + KEY_SET_PATH + "#" + fragment)
        .filter(KeyId::isInKeySet)
        .orElseThrow(() -> new IllegalArgumentException("expected the fragment of a URL"));
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}
