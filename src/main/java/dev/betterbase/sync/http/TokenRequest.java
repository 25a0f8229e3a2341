package dev.betterbase.sync.http;

import dev.betterbase.sync.identity.DevelopmentIssuer;
import dev.betterbase.sync.identity.DidKey;
import dev.betterbase.sync.protocol.Failure;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request to the development issuer: {@code GET /dev/token?sub=alice[&client_id=…][&scope=…]
 * [&ttl=…][&did=…]}.
 *
 * @param subject the user, 1 to 255 characters
 * @param clientId the app, 1 to 255 characters
 * @param scope scopes separated by spaces, at most 255 characters; may be empty
 * @param lifetime in seconds, 1 to {@link #MAX_LIFETIME}
 * @param did the user's {@code did:key}, without which they have no shared spaces
 */
record TokenRequest(
    String subject, String clientId, String scope, int lifetime, Optional<String> did) {

  /** A day, in seconds. */
  static final int MAX_LIFETIME = 86_400;

  private static final int DEFAULT_LIFETIME = 3_600;
  private static final int MAX_TEXT = 255;

  /**
   * Reads the parameters of a query.
   *
   * @param parameter returns the value of a parameter, or null if it is absent
   * @throws Failure.BadRequest if a parameter is invalid; the message names it
   */
  static TokenRequest of(Parameters parameter) {
    return new TokenRequest(
        text("sub", parameter.get("sub"), 1),
        text(
            "client_id",
            orElse(parameter.get("client_id"), DevelopmentIssuer.DEFAULT_CLIENT_ID),
            1),
        text("scope", orElse(parameter.get("scope"), "sync files"), 0),
        lifetime(parameter.get("ttl")),
        did(parameter.get("did")));
  }

  private static String text(String name, @Nullable String value, int shortest) {
    if (value == null || value.length() < shortest || value.length() > MAX_TEXT) {
      throw new Failure.BadRequest(
          name + ": expected " + shortest + " to " + MAX_TEXT + " characters");
    }
    return value;
  }

  private static int lifetime(@Nullable String value) {
    if (value == null) {
      return DEFAULT_LIFETIME;
    }
    try {
      int seconds = Integer.parseInt(value);
      if (seconds >= 1 && seconds <= MAX_LIFETIME) {
        return seconds;
      }
    } catch (NumberFormatException reportedBelow) {
      // Answered like a number out of range.
    }
    throw new Failure.BadRequest("ttl: expected 1 to " + MAX_LIFETIME + " seconds");
  }

  private static Optional<String> did(@Nullable String value) {
    if (value != null && DidKey.parse(value).isEmpty()) {
      throw new Failure.BadRequest("did: expected a did:key of P-256");
    }
    return Optional.ofNullable(value);
  }

  private static String orElse(@Nullable String value, String otherwise) {
    return value == null ? otherwise : value;
  }

  /** The query of a request. */
  @FunctionalInterface
  interface Parameters {
    @Nullable String get(String name);
  }
}
