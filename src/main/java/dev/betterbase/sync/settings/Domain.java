package dev.betterbase.sync.settings;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The public domain of a server in canonical form (auth.md, Federation subscribe token): lower
 * case, without scheme, path, trailing dot and {@code :443}. Any other port is part of it.
 *
 * @param text such as {@code sync.example.com}, {@code localhost:5379} or {@code [::1]:5379}
 */
public record Domain(String text) {
  private static final Pattern CANONICAL =
      Pattern.compile(
          "(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
              + "|\\[[0-9a-f:.]+])(?::[0-9]{1,5})?");

  /**
   * @throws IllegalArgumentException if the text is not in canonical form
   */
  public Domain {
    if (!CANONICAL.matcher(text).matches()) {
      throw new IllegalArgumentException("expected a domain in canonical form");
    }
  }

  /** Converts a domain or a URL to canonical form; empty if the text is neither. */
  public static Optional<Domain> of(String text) {
    String domain =
        text.toLowerCase(Locale.ROOT)
            .replaceFirst("^[a-z]+://", "")
            .replaceFirst("/.*$", "")
            .replaceFirst(":443$", "")
            .replaceFirst("\\.(?=$|:)", "");
    return CANONICAL.matcher(domain).matches() ? Optional.of(new Domain(domain)) : Optional.empty();
  }

  /**
   * The host without port, and without the brackets of an IPv6 address. This is the name by which a
   * peer is known (auth.md, HTTP signature).
   */
  public String host() {
    return withoutPort().replaceAll("[\\[\\]]", "");
  }

  /** The text without a port. */
  String withoutPort() {
    return text.replaceFirst(":[0-9]+$", "");
  }

  /** The port; 443 if the domain names none. */
  public int port() {
    int colon = text.lastIndexOf(':');
    return colon > text.lastIndexOf(']') ? Integer.parseInt(text.substring(colon + 1)) : 443;
  }

  /** Whether this is the machine itself: {@code localhost} or a loopback address. */
  public boolean isLoopback() {
    String host = host();
    return host.equals("localhost") || host.equals("::1") || host.matches("127(\\.[0-9]{1,3}){3}");
  }

  @Override
  public String toString() {
    return text;
  }
}
