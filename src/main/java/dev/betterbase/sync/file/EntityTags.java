package dev.betterbase.sync.file;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The entity tag of a file, and the headers that name entity tags (RFC 9110, sections 8.8.3 and
 * 13.1).
 */
final class EntityTags {
  private EntityTags() {}

  /** A file never changes, so its id identifies its bytes. */
  static String of(UUID file) {
    return "\"" + file + "\"";
  }

  /**
   * Whether an {@code If-None-Match} names this tag. The comparison is weak, because a cache may
   * have weakened the tag on the way.
   */
  static boolean matchesNone(@Nullable String header, String tag) {
    if (header == null) {
      return false;
    }
    // Our tags contain no comma, so splitting at commas is enough to find one.
    return header.strip().equals("*")
        || List.of(header.split(",", -1)).stream()
            .map(String::strip)
            .map(each -> each.startsWith("W/") ? each.substring(2) : each)
            .anyMatch(tag::equals);
  }

  /**
   * Whether a Range header applies under this {@code If-Range}: if the header is absent, or names
   * this tag in a strong comparison. A date never matches, because the server sends no dates.
   */
  static boolean allowsRange(@Nullable String header, String tag) {
    return header == null || header.strip().equals(tag);
  }
}
