package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.space.MembershipEntry;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Receives the rows of a pull in order, straight from the result set. A connection of the pool is
 * held meanwhile, so an implementation encodes and keeps the rows, and never waits for the client.
 * It owns the arrays that it receives.
 */
public interface PullSink {
  /**
   * The space, before all rows of its first batch.
   *
   * @param cursor the cursor of its last change; later writes are left to the next pull
   * @param keyGeneration the number of the space key in use
   * @param rewrapEpoch the epoch whose rewrap is in progress, if any
   */
  void space(long cursor, int keyGeneration, OptionalInt rewrapEpoch);

  /**
   * A record.
   *
   * @param blob its content, which may be empty; null in a tombstone
   * @param dek the wrapped DEK, if it has one; null in a tombstone
   */
  void record(
      RecordId id, byte @Nullable [] blob, long cursor, byte @Nullable [] dek, boolean deleted);

  /** An entry of the membership log. */
  void membership(long cursor, MembershipEntry entry);

  /**
   * A file.
   *
   * @param size its length in bytes; 0 in a tombstone
   * @param dek the wrapped DEK; empty in a tombstone
   */
  void file(UUID id, RecordId record, long size, byte[] dek, long cursor, boolean deleted);
}
