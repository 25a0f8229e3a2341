package dev.betterbase.sync.record;

import dev.betterbase.sync.quota.StorageQuota;

/** The outcome of a push, which makes all of its changes or none (methods.md, push). */
public sealed interface PushOutcome {
  /**
   * Committed. Every change has this cursor; for an empty push, it is the space's current cursor.
   */
  record Pushed(long cursor) implements PushOutcome {}

  /** A record's cursor is not the expected one, or a record that should be new exists. */
  record Conflict() implements PushOutcome {}

  /** A storage quota would be exceeded. */
  record OverQuota(StorageQuota.Exceeded exceeded) implements PushOutcome {}

  /** A DEK's epoch is below the shared space's lowest key generation. */
  record KeyGenerationStale() implements PushOutcome {}
}
