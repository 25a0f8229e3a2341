package dev.betterbase.sync.epoch;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The wrapped DEK of a record or file.
 *
 * @param id whose
 * @param dek {@link #LENGTH} bytes: the epoch (4 bytes, big-endian) and AES-KW of the key (40);
 *     never changed
 */
public record WrappedDek(UUID id, byte[] dek) {
  /** Length of a wrapped DEK in bytes. */
  static final int LENGTH = 44;

  public WrappedDek {
    if (dek.length != LENGTH) {
      throw new IllegalArgumentException("a wrapped DEK has 44 bytes");
    }
  }

  int epoch() {
    return ByteBuffer.wrap(dek).getInt();
  }
}
