package dev.betterbase.sync.file.storage;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.Objects;
import java.util.UUID;

/**
 * Which file: its id is unique in its space only.
 *
 * @param space the space it belongs to
 * @param file its id, made by the client
 */
public record FileKey(SpaceId space, UUID file) {
  public FileKey {
    Objects.requireNonNull(space);
    Objects.requireNonNull(file);
  }

  /**
   * Where its bytes are, under the folder or in the bucket (http.md, Files). It is made of two
   * canonical UUIDs, so that no id, however spelled, leads anywhere else.
   */
  public String path() {
    return "spaces/" + space + "/files/" + file;
  }
}
