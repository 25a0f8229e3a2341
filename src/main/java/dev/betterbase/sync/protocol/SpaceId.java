package dev.betterbase.sync.protocol;

import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * The id of a space. Two spellings of one UUID are one space (protocol.md, Frames). A reply repeats
 * the spelling of the caller, so a handler keeps that beside this value.
 */
public record SpaceId(UUID value) {
  private static final String URN = "urn:uuid:";

  public SpaceId {
    Objects.requireNonNull(value);
  }

  /**
   * Reads any of the usual spellings: hyphenated, 32 hex digits, or hyphenated after {@code
   * urn:uuid:} or within braces; hex digits in any case. Empty for anything else.
   */
  public static Optional<SpaceId> parse(String text) {
    return UuidText.parse(hyphenated(text)).map(SpaceId::new);
  }

  /**
   * Reads the id of a request.
   *
   * @throws Failure.BadRequest if it is in none of the usual spellings
   */
  public static SpaceId require(String text) {
    return parse(text).orElseThrow(() -> new Failure.BadRequest("invalid space id"));
  }

  // Of a text that is none of the spellings, something that is no hyphenated UUID either.
  private static String hyphenated(String text) {
    int length = text.length();
    if (length == 32) {
      return String.join(
          "-",
          text.substring(0, 8),
          text.substring(8, 12),
          text.substring(12, 16),
          text.substring(16, 20),
          text.substring(20));
    }
    if (length == UuidText.LENGTH + 2 && text.startsWith("{") && text.endsWith("}")) {
      return text.substring(1, length - 1);
    }
    return text.startsWith(URN) ? text.substring(URN.length()) : text;
  }

  /** The canonical text: hyphenated, lower case. */
  @Override
  public String toString() {
    return value.toString();
  }
}
