package dev.betterbase.sync.file;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of a file that a {@code Range} header asks for (RFC 9110, section 14).
 *
 * @param from the offset of the first byte
 * @param length the number of bytes, at least 1
 */
record ByteRange(long from, long length) {
  private static final Pattern ONE_PART =
      Pattern.compile("bytes=[ \t]*(\\d*)-(\\d*)[ \t]*", Pattern.CASE_INSENSITIVE);

  /** The whole file: there is no Range header, or it must be ignored. */
  sealed interface Wanted {
    record Whole() implements Wanted {}

    record Part(ByteRange range) implements Wanted {}

    /** The range lies outside the file. */
    record Unsatisfiable() implements Wanted {}
  }

  /**
   * Reads a header. Several ranges, another unit or a malformed header select the whole file, as
   * the RFC allows.
   *
   * @param header the header, or null if the request has none
   * @param size the size of the file in bytes
   */
  static Wanted parse(@Nullable String header, long size) {
    Matcher part = ONE_PART.matcher(header == null ? "" : header);
    if (!part.matches() || (part.group(1).isEmpty() && part.group(2).isEmpty())) {
      return new Wanted.Whole();
    }
    Optional<Long> first = number(part.group(1));
    Optional<Long> second = number(part.group(2));
    if (first.isPresent() && second.isPresent() && second.get() < first.get()) {
      return new Wanted.Whole();
    }
    long from = first.orElseGet(() -> Math.max(0, size - second.orElse(0L)));
    long last = first.isEmpty() ? size - 1 : Math.min(second.orElse(size - 1), size - 1);
    return from > last
        ? new Wanted.Unsatisfiable()
        : new Wanted.Part(new ByteRange(from, last - from + 1));
  }

  /**
   * Accepts any number of digits; a number past the size of any file is cut to {@link
   * Long#MAX_VALUE}.
   */
  private static Optional<Long> number(String digits) {
    if (digits.isEmpty()) {
      return Optional.empty();
    }
    String significant = digits.replaceFirst("^0+(?=.)", "");
    return Optional.of(significant.length() > 18 ? Long.MAX_VALUE : Long.parseLong(significant));
  }

  /** The offset of the last byte. */
  long last() {
    return from + length - 1;
  }
}
