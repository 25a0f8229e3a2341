package dev.betterbase.sync.epoch;

/** The two owners of DEKs, and the words that differ in their methods (methods.md). */
public enum DekOwner {
  RECORD("records", "deks.record", "seq", "one or more DEK records were not found"),
  FILE("files", "deks.files.record", "cursor", "one or more file DEK records were not found");

  private final String table;
  private final String chunk;
  private final String cursorField;
  private final String notFound;

  DekOwner(String table, String chunk, String cursorField, String notFound) {
    this.table = table;
    this.chunk = chunk;
    this.cursorField = cursorField;
    this.notFound = notFound;
  }

  /** The table that holds the DEKs. */
  String table() {
    return table;
  }

  /** The name of the chunks that carry them. */
  String chunk() {
    return chunk;
  }

  /** The field that carries the cursor. */
  String cursorField() {
    return cursorField;
  }

  /** The error message for an unknown id. */
  String notFound() {
    return notFound;
  }
}
