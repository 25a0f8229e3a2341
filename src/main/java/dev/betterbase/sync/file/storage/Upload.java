package dev.betterbase.sync.file.storage;

import java.util.Objects;
import java.util.Optional;
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

  /** The upload with a temporary name; empty for a name that this server did not give. */
  static Optional<Upload> named(String name) {
    try {
      Upload upload = new Upload(UUID.fromString(name));
      return upload.id().toString().equals(name) ? Optional.of(upload) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  String path() {
    return FOLDER + id;
  }
}
