package dev.betterbase.sync.http;

import org.jspecify.annotations.Nullable;

/** The credentials in the headers of a request (http.md, Bearer failures). */
final class BearerCredentials {

  /** The longest {@code X-UCAN} header, in bytes: 64 KiB. */
  static final int MAX_UCAN_BYTES = 65_536;

  private static final String SCHEME = "Bearer";

  private BearerCredentials() {}

  /** The response is a 401 with this message. */
  static final class Unauthorized extends Exception {
    Unauthorized(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Returns the token in an {@code Authorization} header. A bare {@code Bearer} is an empty token,
   * because HTTP parsers strip the space after it.
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

  /** Refuses an {@code X-UCAN} header that is too long. */
  static void checkUcan(@Nullable String ucan) throws Unauthorized {
    // Headers are ISO 8859-1, so a character is a byte.
    if (ucan != null && ucan.length() > MAX_UCAN_BYTES) {
      throw new Unauthorized("X-UCAN header too large");
    }
  }
}
