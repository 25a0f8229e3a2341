package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.WrappedDek;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One change of a push (methods.md, push). The arrays are not copied, because a push may hold
 * hundreds of megabytes; the caller must not change them afterwards.
 *
 * @param id the record
 * @param blob its new content, which may be empty; null deletes the record
 * @param expectedCursor the cursor the caller last saw, 0 for a record that must not exist yet
 * @param dek the wrapped DEK, whose epoch is not negative; null if there is none
 */
public record RecordChange(
    RecordId id, byte @Nullable [] blob, long expectedCursor, @Nullable WrappedDek dek) {
  /**
   * @throws IllegalArgumentException if the epoch of {@code dek} is negative
   */
  public RecordChange(
      RecordId id, byte @Nullable [] blob, long expectedCursor, @Nullable WrappedDek dek) {
    if (dek != null && dek.epoch() < 0) {
      throw new IllegalArgumentException("a DEK is of an epoch from 0");
    }
    this.id = Objects.requireNonNull(id);
    this.blob = blob;
    this.expectedCursor = expectedCursor;
    this.dek = dek;
  }

  /** The bytes of the DEK; null if there is none. */
  byte @Nullable [] dekBytes() {
    return dek == null ? null : dek.bytes();
  }

  /** The bytes of the blob; 0 if there is none. */
  int blobBytes() {
    return blob == null ? 0 : blob.length;
  }

  /** Whether this change makes the record a tombstone. */
  public boolean deletes() {
    return blob == null;
  }

  /** The epoch of the DEK; {@link Integer#MAX_VALUE} if there is none. */
  int epoch() {
    return dek == null ? Integer.MAX_VALUE : dek.epoch();
  }
}
