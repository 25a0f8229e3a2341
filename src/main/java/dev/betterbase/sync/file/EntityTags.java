package dev.betterbase.sync.file;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The entity tag of a file, and headers that name some (RFC 9110, sections 8.8.3 and 13.1). */
final class EntityTags {
  private EntityTags() {}

  /** A file never changes, so that its id says which bytes they are. */
  static String of(UUID file) {
    return "\"" + file + "\"";
  }

  /**
   * Whether an {@code If-None-Match} names this tag: weakly, so that a cache that weakened it on
   * the way still hits.
   */
  static boolean matchesNone(@Nullable String header, String tag) {
    if (header == null) {
      return false;
    }
    // A tag of ours holds no comma, so that parting at commas finds it wherever it is.
    return header.strip().equals("*")
        || List.of(header.split(",", -1)).stream()
            .map(String::strip)
            .map(each -> each.startsWith("W/") ? each.substring(2) : each)
            .anyMatch(tag::equals);
  }

  /**
   * Whether a Range is to be honoured under an {@code If-Range}: without one, or where it names
   * this tag, strongly. A date never does, since no date was given out.
   */
  static boolean allowsRange(@Nullable String header, String tag) {
    return header == null || header.strip().equals(tag);
  }
}
