package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.WrappedDek;
import java.util.Objects;

/**
 * A file to be added.
 *
 * @param key the space and id of the file
 * @param record the record that it belongs to
 * @param dek its wrapped DEK; the epoch is not negative
 * @param size its size in bytes, at most {@link #MAX_SIZE}
 */
record NewFile(FileKey key, RecordId record, WrappedDek dek, long size) {
  /** 100 MiB (http.md, Files). */
  static final long MAX_SIZE = 100L * 1024 * 1024;

  NewFile {
    Objects.requireNonNull(key);
    Objects.requireNonNull(record);
    if (dek.epoch() < 0) {
      throw new IllegalArgumentException("a DEK is of an epoch from 0");
    }
    if (size < 0 || size > MAX_SIZE) {
      throw new IllegalArgumentException("a file has 0 to " + MAX_SIZE + " bytes");
    }
  }
}
