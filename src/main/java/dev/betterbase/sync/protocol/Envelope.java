package dev.betterbase.sync.protocol;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The outer map of a frame from a client (protocol.md, Frames, After authentication), which is
 * checked to be well-formed, params included.
 */
final class Envelope {
  // The four known keys are always remembered; this bounds the memory for unknown ones.
  private static final int MAX_REMEMBERED_KEYS = 1_024;
  private static final int WITHIN_ENVELOPE = 1;
  private static final long UNKNOWN_TYPE = -1;

  private final byte[] message;
  private final CborCursor cursor;
  private final Set<String> keys = new HashSet<>();
  private @Nullable Long type;
  private @Nullable String id;
  private @Nullable String method;
  private Params params = Params.notGiven();

  /**
   * The fields of a server's frame in place of params. A client's frame may hold anything there.
   */
  private final Map<String, Params> parts = new HashMap<>();

  private Envelope(byte[] message) {
    this.message = message;
    this.cursor = new CborCursor(message, 0);
  }

  /**
   * @throws MalformedCbor if the message is not a well-formed map, or a field of the envelope does
   *     not fit; bytes after the map are ignored
   */
  static Envelope read(byte[] message) {
    Envelope envelope = new Envelope(message);
    envelope.readMap();
    return envelope;
  }

  private void readMap() {
    cursor.readHead();
    require(cursor.majorType() == CborCursor.MAP);
    boolean endsAtBreak = cursor.isIndefinite();
    long left = cursor.argument();
    while (endsAtBreak ? !cursor.skipBreak() : left-- > 0) {
      readEntry();
    }
    require(type != null);
  }

  // Checks the whole entry first, then goes back to read it if its key is known.
  private void readEntry() {
    int start = cursor.position();
    cursor.skip(WITHIN_ENVELOPE);
    int value = cursor.position();
    cursor.skip(WITHIN_ENVELOPE);
    int end = cursor.position();

    cursor.moveTo(start);
    cursor.readHead();
    if (cursor.majorType() == CborCursor.TEXT) {
      String key = cursor.text();
      require(keys.add(key));
      cursor.moveTo(value);
      readField(key, value);
    }
    cursor.moveTo(end);
  }

  private void readField(String key, int value) {
    switch (key) {
      case "type" -> type = readType();
      case "id" -> id = readText();
      case "method" -> method = cursor.skipNull() ? null : readText();
      case "name", "result", "error", "data" -> parts.put(key, new Params(message, value));
      case "params" -> params = cursor.skipNull() ? Params.notGiven() : readParams(value);
      default -> {
        if (keys.size() > MAX_REMEMBERED_KEYS) {
          keys.remove(key);
        }
      }
    }
  }

  // Any integer is allowed, even one of 64 bits.
  private long readType() {
    cursor.readHead();
    return switch (cursor.majorType()) {
      case CborCursor.UNSIGNED -> cursor.argument();
      case CborCursor.NEGATIVE -> UNKNOWN_TYPE;
      default -> throw new MalformedCbor("type is no integer");
    };
  }

  private String readText() {
    cursor.readHead();
    require(cursor.majorType() == CborCursor.TEXT);
    return cursor.text();
  }

  // The reader of the params checks that it is a map.
  private Params readParams(int value) {
    cursor.readHead();
    require(cursor.majorType() != CborCursor.TAG);
    return new Params(message, value);
  }

  private static void require(boolean holds) {
    if (!holds) {
      throw new MalformedCbor("not an envelope");
    }
  }

  boolean isType(long type) {
    return this.type != null && this.type == type;
  }

  /** The value as it was sent, of any length; null if it is absent. */
  @Nullable String id() {
    return id;
  }

  /** The value as it was sent, of any length; null if it is absent. */
  @Nullable String method() {
    return method;
  }

  /** One of the fields {@code name}, {@code result}, {@code error} and {@code data}. */
  Params part(String key) {
    return parts.getOrDefault(key, Params.notGiven());
  }

  boolean has(String key) {
    return parts.containsKey(key);
  }

  Params params() {
    return params;
  }
}
