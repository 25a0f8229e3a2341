package dev.betterbase.sync.epoch;

/** What has DEKs, and how it is worded where they are read and rewrapped (methods.md). */
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

  /** The table that the DEKs stand in. */
  String table() {
    return table;
  }

  /** The name of the chunks that carry them. */
  String chunk() {
    return chunk;
  }

  /** The field in which the cursor is sent. */
  String cursorField() {
    return cursorField;
  }

  /** The message where an id is unknown. */
  String notFound() {
    return notFound;
  }
}
