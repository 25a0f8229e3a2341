package dev.betterbase.sync.file.storage;

import java.util.Objects;
import java.util.UUID;

/**
 * Bytes that a storage has taken in whole, under a temporary name.
 *
 * @param id random
 */
public record Upload(UUID id) {
  /** What all temporary names begin with. */
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
