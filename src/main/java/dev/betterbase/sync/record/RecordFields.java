package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.CborWriter;
import dev.betterbase.sync.protocol.RecordId;
import org.jspecify.annotations.Nullable;

/** The fields of a record on the wire, the same in a {@code sync} and in a pull (methods.md). */
final class RecordFields {

  private RecordFields() {}

  /** The number of fields that follow the id. */
  static int count(byte @Nullable [] blob, byte @Nullable [] dek, boolean deleted) {
    return 2 + (blob == null ? 0 : 1) + (dek == null ? 0 : 1) + (deleted ? 1 : 0);
  }

  /** Writes {@code {id, blob?, cursor, dek?, deleted?}}. */
  static void write(
      CborWriter writer,
      RecordId id,
      byte @Nullable [] blob,
      long cursor,
      byte @Nullable [] dek,
      boolean deleted) {
    writer.beginMap(count(blob, dek, deleted));
    writeFields(writer, id, blob, cursor, dek, deleted);
    writer.endMap();
  }

  /** Writes only the fields, into a map that is already open. */
  static void writeFields(
      CborWriter writer,
      RecordId id,
      byte @Nullable [] blob,
      long cursor,
      byte @Nullable [] dek,
      boolean deleted) {
    writer.field("id", id.toString());
    if (blob != null) {
      writer.field("blob", blob);
    }
    writer.field("cursor", cursor);
    if (dek != null) {
      writer.field("dek", dek);
    }
    if (deleted) {
      writer.field("deleted", true);
    }
  }
}
