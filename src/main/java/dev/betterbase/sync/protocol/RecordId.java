package dev.betterbase.sync.protocol;

import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** The id of a record, made by the client (protocol.md, Frames). */
public record RecordId(UUID value) {
  public RecordId {
    Objects.requireNonNull(value);
  }

  /** Reads a hyphenated UUID, hex digits in any case. Empty for anything else. */
  public static Optional<RecordId> parse(String text) {
    return UuidText.parse(text).map(RecordId::new);
  }

  /** The canonical text: hyphenated, lower case. */
  @Override
  public String toString() {
    return value.toString();
  }
}
