package dev.betterbase.sync.protocol;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The wrapped data encryption key of a record or file (methods.md, Epochs and DEKs): the epoch (4
 * bytes, big-endian) and AES-KW of the key (40). The array is not copied, since a push may hold
 * very many of them. The caller must not change it afterwards.
 *
 * @param bytes {@link #LENGTH} of them
 */
public record WrappedDek(byte[] bytes) {
  /** The length in bytes. */
  public static final int LENGTH = 44;

  /**
   * @throws IllegalArgumentException if there are not {@link #LENGTH} bytes
   */
  public WrappedDek {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("a wrapped DEK has 44 bytes");
    }
  }

  /** Wraps the bytes; empty if there are not {@link #LENGTH} of them. */
  public static Optional<WrappedDek> of(byte[] bytes) {
    return bytes.length == LENGTH ? Optional.of(new WrappedDek(bytes)) : Optional.empty();
  }

  /** The epoch whose key wraps the DEK. Negative if the top bit is set; no such epoch exists. */
  public int epoch() {
    return ByteBuffer.wrap(bytes).getInt();
  }
}
