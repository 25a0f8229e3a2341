package dev.betterbase.sync.protocol;

import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;

/** The hyphenated text of a UUID (RFC 9562, section 4), hex digits in any case. */
public final class UuidText {
  static final int LENGTH = 36;

  private UuidText() {}

  /** Reads exactly this form; empty for anything else. */
  public static Optional<UUID> parse(String text) {
    return isHyphenated(text) ? Optional.of(UUID.fromString(text)) : Optional.empty();
  }

  // UUID.fromString alone takes groups of any length ("1-1-1-1-1").
  private static boolean isHyphenated(String text) {
    if (text.length() != LENGTH) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      boolean fits =
          switch (i) {
            case 8, 13, 18, 23 -> text.charAt(i) == '-';
            default -> HexFormat.isHexDigit(text.charAt(i));
          };
      if (!fits) {
        return false;
      }
    }
    return true;
  }
}
