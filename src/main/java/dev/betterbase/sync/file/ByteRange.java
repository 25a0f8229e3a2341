package dev.betterbase.sync.file;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What part of a file a {@code Range} header asks for (RFC 9110, section 14).
 *
 * @param from the first byte, from 0
 * @param length how many, at least 1
 */
record ByteRange(long from, long length) {
  private static final Pattern ONE_PART =
      Pattern.compile("bytes=[ \t]*(\\d*)-(\\d*)[ \t]*", Pattern.CASE_INSENSITIVE);

  /** The whole of it is asked for: without a Range, or with one that is to be ignored. */
  sealed interface Wanted {
    record Whole() implements Wanted {}

    record Part(ByteRange range) implements Wanted {}

    /** The range lies outside of the file. */
    record Unsatisfiable() implements Wanted {}
  }

  /**
   * Reads a header. Several parts, another unit and what is malformed count as the whole, as the
   * RFC allows.
   *
   * @param header null where there is none
   * @param size of the file
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

  /** Of any length: what is more than any file has is as much as that. */
  private static Optional<Long> number(String digits) {
    if (digits.isEmpty()) {
      return Optional.empty();
    }
    String significant = digits.replaceFirst("^0+(?=.)", "");
    return Optional.of(significant.length() > 18 ? Long.MAX_VALUE : Long.parseLong(significant));
  }

  /** The last byte. */
  long last() {
    return from + length - 1;
  }
}
