package dev.betterbase.sync.admin;

import dev.betterbase.sync.file.storage.FileKey;
import java.util.UUID;

/**
 * A live file, as its row says.
 *
 * @param size its bytes
 */
public record StoredFileRow(UUID space, UUID id, long size) {
  FileKey key() {
    return new FileKey(space, id);
  }
}
