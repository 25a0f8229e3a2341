package dev.betterbase.sync.file.storage;

import java.util.Objects;
import java.util.UUID;

/**
 * Bytes that the storage holds completely, under a temporary name.
 *
 * @param id a random id
 */
public record Upload(UUID id) {
  /** The prefix of all temporary names. */
  static final String FOLDER = "uploads/";

  public Upload {
    Objects.requireNonNull(id);
  }

  static Upload random() {
    return new Upload(UUID.randomUUID());
  }

  String path() {
    return FOLDER + id;
  }
}
