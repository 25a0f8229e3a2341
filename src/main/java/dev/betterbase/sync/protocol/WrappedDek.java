package dev.betterbase.sync.protocol;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The wrapped data encryption key of a record or file (methods.md, Epochs and DEKs): the epoch (4
 * bytes, big-endian) and AES-KW of the key (40). The array is taken as it is and not copied, since
 * a push may hold very many; whoever hands it over does not change it.
 *
 * @param bytes {@link #LENGTH} of them
 */
public record WrappedDek(byte[] bytes) {
  /** Length in bytes. */
  public static final int LENGTH = 44;

  /**
   * @throws IllegalArgumentException where there are not {@link #LENGTH} bytes
   */
  public WrappedDek {
    if (bytes.length != LENGTH) {
      throw new IllegalArgumentException("a wrapped DEK has 44 bytes");
    }
  }

  /** Empty where there are not {@link #LENGTH} bytes. */
  public static Optional<WrappedDek> of(byte[] bytes) {
    return bytes.length == LENGTH ? Optional.of(new WrappedDek(bytes)) : Optional.empty();
  }

  /** The epoch whose key wraps it; negative, and so none there can be, where the top bit is set. */
  public int epoch() {
    return ByteBuffer.wrap(bytes).getInt();
  }
}
