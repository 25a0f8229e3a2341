package dev.betterbase.sync.identity;

import java.text.ParseException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The claims of an access token that are looked at, typed. A claim that is missing or null counts
 * as not given; one of another type makes the token malformed, whatever else is wrong with it.
 *
 * @param audiences empty if none is given
 * @param expiry seconds since 1970, a fraction cut off; so are the other times
 */
record Claims(
    Optional<String> issuer,
    Optional<String> subject,
    Optional<String> clientId,
    Set<String> audiences,
    OptionalLong expiry,
    OptionalLong notBefore,
    OptionalLong issuedAt,
    Set<String> scopes,
    Optional<String> personalSpaceId,
    Optional<String> did,
    Optional<String> mailboxId) {
  /** Whole numbers up to here are exact in JSON (RFC 8259, 6), and it is far beyond any date. */
  private static final double MAX_SECONDS = 1L << 53;

  static Claims read(Map<String, Object> claims) throws ParseException {
    return new Claims(
        text(claims, "iss"),
        text(claims, "sub"),
        text(claims, "client_id"),
        texts(claims, "aud"),
        seconds(claims, "exp"),
        seconds(claims, "nbf"),
        seconds(claims, "iat"),
        words(text(claims, "scope").orElse("")),
        text(claims, "personal_space_id"),
        text(claims, "did").filter(did -> !did.isEmpty()),
        text(claims, "mailbox_id"));
  }

  static Optional<String> text(Map<String, Object> claims, String name) throws ParseException {
    return switch (claims.get(name)) {
      case null -> Optional.empty();
      case String text -> Optional.of(text);
      default -> throw mistyped(name);
    };
  }

  private static Set<String> texts(Map<String, Object> claims, String name) throws ParseException {
    return switch (claims.get(name)) {
      case null -> Set.of();
      case String text -> Set.of(text);
      case List<?> list -> {
        Set<String> texts = new LinkedHashSet<>();
        for (Object element : list) {
          if (!(element instanceof String text)) {
            throw mistyped(name);
          }
          texts.add(text);
        }
        yield texts;
      }
      default -> throw mistyped(name);
    };
  }

  /** A NumericDate (RFC 7519, 2), which may have a fraction. */
  static OptionalLong seconds(Map<String, Object> claims, String name) throws ParseException {
    @Nullable Object value = claims.get(name);
    if (value == null) {
      return OptionalLong.empty();
    }
    if (!(value instanceof Number number) || !(Math.abs(number.doubleValue()) <= MAX_SECONDS)) {
      throw mistyped(name);
    }
    return OptionalLong.of((long) Math.floor(number.doubleValue()));
  }

  private static Set<String> words(String text) {
    Set<String> words = new LinkedHashSet<>(Arrays.asList(text.split(" ", -1)));
    words.remove("");
    return words;
  }

  private static ParseException mistyped(String name) {
    return new ParseException("claim " + name + " has another type", 0);
  }
}
