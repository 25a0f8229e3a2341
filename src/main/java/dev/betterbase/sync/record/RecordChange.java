package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.RecordId;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One change of a push (methods.md, push). The arrays are taken as they are and not copied: a push
 * may hold hundreds of megabytes; whoever hands them over does not change them.
 *
 * @param id the record
 * @param blob its new content, which may be empty; null deletes the record
 * @param expectedCursor the cursor the caller last saw, 0 for a record that must not exist yet
 * @param dek the wrapped DEK, {@link #DEK_LENGTH} bytes of which the first four are the epoch, big-
 *     endian and not negative; null where none is given
 */
public record RecordChange(
    RecordId id, byte @Nullable [] blob, long expectedCursor, byte @Nullable [] dek) {
  /** Length of a wrapped DEK in bytes: epoch (4) and AES-KW of the key (40). */
  public static final int DEK_LENGTH = 44;

  /**
   * @throws IllegalArgumentException where {@code dek} is not {@link #isDek well formed}
   */
  public RecordChange(
      RecordId id, byte @Nullable [] blob, long expectedCursor, byte @Nullable [] dek) {
    if (dek != null && !isDek(dek)) {
      throw new IllegalArgumentException("a DEK is 44 bytes with the top bit clear");
    }
    this.id = Objects.requireNonNull(id);
    this.blob = blob;
    this.expectedCursor = expectedCursor;
    this.dek = dek;
  }

  /** Whether these bytes have the form of a wrapped DEK: 44 of them, the top bit clear. */
  public static boolean isDek(byte[] bytes) {
    return bytes.length == DEK_LENGTH && bytes[0] >= 0;
  }

  /** Whether this change makes the record a tombstone. */
  public boolean deletes() {
    return blob == null;
  }

  /** The epoch of the DEK; {@link Integer#MAX_VALUE} where there is none. */
  int epoch() {
    return dek == null ? Integer.MAX_VALUE : ByteBuffer.wrap(dek).getInt();
  }
}
