package dev.betterbase.sync.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Parses http, https, ws and wss URLs. A host name may contain underscores, as the names of
 * services in Docker Compose and Swarm do. {@link URI} parses such a URL, but {@link URI#getHost}
 * returns null.
 */
public final class HttpUrl {
  private static final Pattern AUTHORITY =
      Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?(?::(?<port>[0-9]{1,5}))?");

  private static final int MAX_PORT = 65_535;

  private HttpUrl() {}

  /**
   * Parses an absolute http or https URL with a host, and without user info and fragment.
   *
   * @return empty if the text is not such a URL
   */
  static Optional<URI> parse(String text) {
    return parse(text, Set.of("http", "https"));
  }

  /**
   * Parses an absolute URL with one of some schemes and a host, and without user info and fragment.
   *
   * @param schemes in lower case
   * @return empty if the text is not such a URL
   */
  public static Optional<URI> parse(String text, Set<String> schemes) {
    try {
      URI url = new URI(text);
      String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
      boolean usable =
          schemes.contains(scheme)
              && hasHost(url)
              && url.getRawUserInfo() == null
              && url.getRawFragment() == null;
      return usable ? Optional.of(url) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static boolean hasHost(URI url) {
    if (url.getHost() != null) {
      return url.getPort() <= MAX_PORT;
    }
    if (url.getRawAuthority() == null) {
      return false;
    }
    var authority = AUTHORITY.matcher(url.getRawAuthority());
    return authority.matches()
        && (authority.group("port") == null
            || Integer.parseInt(authority.group("port")) <= MAX_PORT);
  }
}
