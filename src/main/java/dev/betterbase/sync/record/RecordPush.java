package dev.betterbase.sync.record;

import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.Access;
import java.util.List;
import java.util.Objects;

/**
 * A push that the database has not decided yet.
 *
 * @param access the access by which the caller pushes
 * @param changes changes of different records
 * @param quota the storage quotas that hold for the caller
 */
public record RecordPush(Access access, List<RecordChange> changes, StorageQuota quota) {
  public RecordPush {
    Objects.requireNonNull(access);
    Objects.requireNonNull(quota);
    changes = List.copyOf(changes);
  }

  /** The bytes of all blobs. */
  long bytes() {
    long bytes = 0;
    for (RecordChange change : changes) {
      bytes += change.blobBytes();
    }
    return bytes;
  }

  /** The lowest epoch of all DEKs; {@link Integer#MAX_VALUE} if there is none. */
  int lowestEpoch() {
    int lowest = Integer.MAX_VALUE;
    for (RecordChange change : changes) {
      lowest = Math.min(lowest, change.epoch());
    }
    return lowest;
  }

  /** Whether it deletes a record, and with it the files of the record. */
  boolean deletes() {
    return changes.stream().anyMatch(RecordChange::deletes);
  }
}
