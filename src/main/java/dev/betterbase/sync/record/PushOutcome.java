package dev.betterbase.sync.record;

/** What became of a push: all of its changes, or none (methods.md, push). */
public sealed interface PushOutcome {
  /**
   * Committed. Every change has this cursor; it is the space's old one where there was no change.
   */
  record Pushed(long cursor) implements PushOutcome {}

  /** A record's cursor is not the expected one, or a record that was to be new exists. */
  record Conflict() implements PushOutcome {}

  /** A DEK's epoch is below the shared space's lowest key generation. */
  record KeyGenerationStale() implements PushOutcome {}
}
