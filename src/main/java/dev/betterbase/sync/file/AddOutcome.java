package dev.betterbase.sync.file;

/** What became of a file that was to be added, or would become of it. */
sealed interface AddOutcome {
  /** It may be added. */
  record Admitted() implements AddOutcome {}

  /**
   * It was added.
   *
   * @param cursor under which
   */
  record Added(long cursor) implements AddOutcome {}

  /** There is one of that id already, and it stays as it is. */
  record Exists() implements AddOutcome {}

  /** The record does not live, or the file's id was deleted and is never used again. */
  record UnknownRecord() implements AddOutcome {}

  /** The DEK is wrapped under an epoch that the space no longer takes. */
  record KeyGenerationStale() implements AddOutcome {}
}
