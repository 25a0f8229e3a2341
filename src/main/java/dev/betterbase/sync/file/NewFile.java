package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.protocol.RecordId;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A file that somebody wants to add.
 *
 * @param key which
 * @param record the record that it belongs to
 * @param dek its wrapped DEK, {@link #DEK_LENGTH} bytes of which the first four are the epoch,
 *     big-endian, from 0; never changed
 * @param size in bytes, at most {@link #MAX_SIZE}
 */
record NewFile(FileKey key, RecordId record, byte[] dek, long size) {
  /** 100 MiB (http.md, Files). */
  static final long MAX_SIZE = 100L * 1024 * 1024;

  static final int DEK_LENGTH = 44;

  NewFile {
    Objects.requireNonNull(key);
    Objects.requireNonNull(record);
    if (dek.length != DEK_LENGTH || dek[0] < 0) {
      throw new IllegalArgumentException("a DEK is 44 bytes with the top bit clear");
    }
    if (size < 0 || size > MAX_SIZE) {
      throw new IllegalArgumentException("a file has 0 to " + MAX_SIZE + " bytes");
    }
  }

  int epoch() {
    return ByteBuffer.wrap(dek).getInt();
  }
}
