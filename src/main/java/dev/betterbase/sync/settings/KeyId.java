package dev.betterbase.sync.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/**
 * The id of a peer's signing key (auth.md, HTTP signature): {@code
 * https://<domain>/.well-known/jwks.json#<fragment>}.
 *
 * @param uri http or https, with a host and without user info
 */
public record KeyId(URI uri) {
  /** The only path at which a key set is fetched. */
  private static final String KEY_SET_PATH = "/.well-known/jwks.json";

  private static final int HTTPS = 443;

  /** Reads a key id; empty where it is none. */
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

  /** The domain of the peer: the host, without port and brackets, in lower case. */
  public String domain() {
    return uri.getHost()
        .toLowerCase(Locale.ROOT)
        .replaceFirst("\\.$", "")
        .replaceAll("[\\[\\]]", "");
  }

  /** The host with its port where that is not 443, in canonical form. */
  Optional<Domain> authority() {
    return Domain.of(uri.getRawAuthority());
  }

  /** The port that is named, or that the scheme stands for. */
  public int port() {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? HTTPS : 80;
  }

  /** Whether this names a key in the key set of its server, by a fragment. */
  public boolean isInKeySet() {
    return KEY_SET_PATH.equals(uri.getRawPath())
        && uri.getRawQuery() == null
        && uri.getRawFragment() != null
        && !uri.getRawFragment().isEmpty();
  }

  /** The key id of a server's own key. */
  public static KeyId of(Domain domain, String fragment) {
    return parse("https://" + domain + KEY_SET_PATH + "#" + fragment)
        .filter(KeyId::isInKeySet)
        .orElseThrow(() -> new IllegalArgumentException("no fragment of a URL"));
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}
