package dev.betterbase.sync.http;

import org.jspecify.annotations.Nullable;

/** The credentials that a request carries in its headers (http.md, Bearer failures). */
final class BearerCredentials {

  /** The longest {@code X-UCAN} header, in bytes: 64 KiB. */
  static final int MAX_UCAN_BYTES = 65_536;

  private static final String SCHEME = "Bearer";

  private BearerCredentials() {}

  /** The request is answered with 401 and this message. */
  static final class Unauthorized extends Exception {
    Unauthorized(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * The token in an {@code Authorization} header. {@code Bearer} and nothing more counts as an
   * empty token: the space behind it does not survive a parser of HTTP.
   */
  static String token(@Nullable String authorization) throws Unauthorized {
    if (authorization == null) {
      throw new Unauthorized("missing authorization");
    }
    if (!authorization.equals(SCHEME) && !authorization.startsWith(SCHEME + " ")) {
      throw new Unauthorized("invalid authorization header format");
    }
    String token = authorization.substring(SCHEME.length()).strip();
    if (token.isEmpty()) {
      throw new Unauthorized("missing authorization token");
    }
    return token;
  }

  /** Refuses an {@code X-UCAN} header that is too long to be looked at. */
  static void checkUcan(@Nullable String ucan) throws Unauthorized {
    // A header is ISO 8859-1: a character is a byte.
    if (ucan != null && ucan.length() > MAX_UCAN_BYTES) {
      throw new Unauthorized("X-UCAN header too large");
    }
  }
}
