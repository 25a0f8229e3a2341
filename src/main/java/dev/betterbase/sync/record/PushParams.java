package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.space.SpaceParams;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The params of {@code push} (methods.md) as they were sent. The handler checks what they hold, in
 * the order of that page.
 *
 * @param space the space's id, in the caller's spelling
 * @param ucan the UCAN that lets the caller write, unless it is the caller's own space
 * @param changes the changes, at most {@link #CHANGES_KEPT} of them
 */
public record PushParams(String space, @Nullable String ucan, List<Change> changes)
    implements SpaceParams {

  /** One more than a push may have. Further changes are read and dropped. */
  static final int CHANGES_KEPT = PushHandler.CHANGES_AT_MOST + 1;

  /**
   * One change.
   *
   * @param id the record's id as it was sent
   * @param blob its content; null to delete it
   * @param expectedCursor the cursor that the caller has seen
   * @param dek the wrapped DEK, if one was sent
   */
  public record Change(
      String id, byte @Nullable [] blob, long expectedCursor, byte @Nullable [] dek) {

    static Change read(CborReader reader) {
      String id = null;
      byte[] blob = null;
      Long expectedCursor = null;
      byte[] dek = null;
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "id" -> id = reader.text();
          case "blob" -> blob = reader.bytes();
          case "expected_cursor" -> expectedCursor = reader.int64();
          case "dek" -> dek = reader.bytes();
          default -> reader.skip();
        }
      }
      if (id == null || expectedCursor == null) {
        throw new Failure.InvalidParams();
      }
      return new Change(id, blob, expectedCursor, dek);
    }
  }

  public PushParams {
    changes = List.copyOf(changes);
  }

  /** The bytes of all blobs and DEKs. */
  public long bytes() {
    long bytes = 0;
    for (Change change : changes) {
      bytes += change.blob() == null ? 0 : change.blob().length;
      bytes += change.dek() == null ? 0 : change.dek().length;
    }
    return bytes;
  }

  /** Reads them. */
  public static PushParams read(CborReader reader) {
    String space = null;
    String ucan = null;
    List<Change> changes = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "changes" -> changes = readChanges(reader);
        default -> reader.skip();
      }
    }
    if (space == null || changes == null) {
      throw new Failure.InvalidParams();
    }
    return new PushParams(space, ucan, changes);
  }

  private static List<Change> readChanges(CborReader reader) {
    var changes = new ArrayList<Change>();
    reader.beginList();
    while (reader.hasNext()) {
      Change change = Change.read(reader);
      if (changes.size() < CHANGES_KEPT) {
        changes.add(change);
      }
    }
    return changes;
  }
}
