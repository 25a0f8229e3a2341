package dev.betterbase.sync.file.storage;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.Objects;
import java.util.UUID;

/**
 * The key of a file. A client chooses the id, so it is unique within its space only.
 *
 * @param space the space that the file belongs to
 * @param file the id of the file
 */
public record FileKey(SpaceId space, UUID file) {
  public FileKey {
    Objects.requireNonNull(space);
    Objects.requireNonNull(file);
  }

  /** From a row. */
  public FileKey(UUID space, UUID file) {
    this(new SpaceId(space), file);
  }

  /**
   * The path of the bytes, under the folder or in the bucket (http.md, Files). It consists of two
   * canonical UUIDs, so no spelling of an id can lead anywhere else.
   */
  public String path() {
    return "spaces/" + space + "/files/" + file;
  }
}
