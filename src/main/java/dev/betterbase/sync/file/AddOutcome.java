package dev.betterbase.sync.file;

import dev.betterbase.sync.quota.StorageQuota;

/** The outcome of adding a file, or of asking whether it may be added. */
sealed interface AddOutcome {
  /** It may be added. */
  record Admitted() implements AddOutcome {}

  /**
   * It was added.
   *
   * @param cursor the cursor that the file took
   */
  record Added(long cursor) implements AddOutcome {}

  /** A file with this id exists already and stays as it is. */
  record Exists() implements AddOutcome {}

  /**
   * The record does not exist or is deleted, or a file with this id was deleted; a deleted id is
   * never used again.
   */
  record UnknownRecord() implements AddOutcome {}

  /** A storage quota would be exceeded. */
  record OverQuota(StorageQuota.Exceeded exceeded) implements AddOutcome {}

  /** The DEK is wrapped under an epoch that the space no longer accepts. */
  record KeyGenerationStale() implements AddOutcome {}
}
