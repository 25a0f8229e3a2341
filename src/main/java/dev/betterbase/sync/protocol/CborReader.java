package dev.betterbase.sync.protocol;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the params of a frame, typed, in one pass (protocol.md, Frames). A caller walks maps and
 * lists like this:
 *
 * <pre>{@code
 * reader.beginMap();
 * for (String key; (key = reader.nextKey()) != null; ) {
 *   switch (key) {
 *     case "space" -> space = reader.text();
 *     case "since" -> since = reader.int64();
 *     default -> reader.skip();
 *   }
 * }
 * }</pre>
 *
 * <p>Entries whose value is null or undefined are skipped, since they count as absent. So are
 * entries whose key is not text. The caller checks for required entries. Anything that does not fit
 * (a wrong type, a tag, an integer out of range, a duplicate key) throws {@link
 * Failure.InvalidParams}, after which the reader cannot be used any more.
 *
 * <p>The length of a list comes from outside and is bounded only by the length of the message.
 * Check it while reading.
 */
public final class CborReader {
  // The few known keys are always remembered; this bounds the memory for unknown ones.
  private static final int MAX_REMEMBERED_KEYS = 1_024;

  private final CborCursor cursor;
  private @Nullable Container open;
  private @Nullable String keyOfValue;

  /** Reads from a position in a message that was checked to be well-formed. */
  CborReader(byte[] message, int position) {
    cursor = new CborCursor(message, position);
  }

  /** Enters a map; {@link #nextKey} leaves it. */
  public void beginMap() {
    begin(CborCursor.MAP);
  }

  /** Enters a list; {@link #hasNext} leaves it. */
  public void beginList() {
    begin(CborCursor.LIST);
  }

  private void begin(int majorType) {
    readHead(majorType);
    open = new Container(open, cursor.isIndefinite() ? Container.ENDS_AT_BREAK : cursor.argument());
  }

  /** The next key of the map that was entered last, or null at its end. */
  public @Nullable String nextKey() {
    if (keyOfValue != null) {
      throw new IllegalStateException("the value of a key was not read");
    }
    Container map = open();
    while (map.hasNext(cursor)) {
      String key = textKey();
      if (key == null) {
        cursor.skip(0);
      } else if (!map.keys.add(key)) {
        throw new Failure.InvalidParams();
      } else if (!cursor.skipNull()) {
        keyOfValue = key;
        return key;
      }
    }
    open = map.outer;
    return null;
  }

  private @Nullable String textKey() {
    int start = cursor.position();
    cursor.readHead();
    if (cursor.majorType() == CborCursor.TEXT) {
      return cursor.text();
    }
    cursor.moveTo(start);
    cursor.skip(0);
    return null;
  }

  /** Whether the list that was entered last has one more element, which comes next. */
  public boolean hasNext() {
    Container list = open();
    if (list.hasNext(cursor)) {
      return true;
    }
    open = list.outer;
    return false;
  }

  private Container open() {
    if (open == null) {
      throw new IllegalStateException("not within a map or a list");
    }
    return open;
  }

  /**
   * Reads a whole list. Its length is bounded only by the length of the message.
   *
   * @param element reads one element with this reader
   */
  public <T> List<T> list(Supplier<T> element) {
    var elements = new ArrayList<T>();
    beginList();
    while (hasNext()) {
      elements.add(element.get());
    }
    return elements;
  }

  /** A text string, of any length. */
  public String text() {
    readHead(CborCursor.TEXT);
    return cursor.text();
  }

  /** A copy of a byte string, of any length. */
  public byte[] bytes() {
    readHead(CborCursor.BYTES);
    return cursor.bytes();
  }

  /** A signed integer of 64 bits, in any width. */
  public long int64() {
    readHead();
    // Neither an argument of 64 bits nor its complement fits.
    if (cursor.argument() < 0) {
      throw new Failure.InvalidParams();
    }
    return switch (cursor.majorType()) {
      case CborCursor.UNSIGNED -> cursor.argument();
      case CborCursor.NEGATIVE -> ~cursor.argument();
      default -> throw new Failure.InvalidParams();
    };
  }

  /** A signed integer of 32 bits, in any width. */
  public int int32() {
    long value = int64();
    if (value != (int) value) {
      throw new Failure.InvalidParams();
    }
    return (int) value;
  }

  /** True or false. */
  public boolean bool() {
    readHead();
    if (cursor.isSimple(CborCursor.TRUE)) {
      return true;
    }
    if (cursor.isSimple(CborCursor.FALSE)) {
      return false;
    }
    throw new Failure.InvalidParams();
  }

  /** A copy of the next value of any type, as it was sent. */
  public Encoded encoded() {
    int start = cursor.position();
    keyOfValue = null;
    cursor.skip(0);
    return cursor.encodedFrom(start);
  }

  /** A copy of the next value, a list, as it was sent; its elements may be anything. */
  public Encoded encodedList() {
    int start = cursor.position();
    readHead(CborCursor.LIST);
    cursor.moveTo(start);
    return encoded();
  }

  /** Skips the next value of any type, such as that of an unknown key. */
  public void skip() {
    if (keyOfValue != null && open().keys.size() > MAX_REMEMBERED_KEYS) {
      open().keys.remove(keyOfValue);
    }
    keyOfValue = null;
    cursor.skip(0);
  }

  private void readHead(int majorType) {
    readHead();
    if (cursor.majorType() != majorType) {
      throw new Failure.InvalidParams();
    }
  }

  private void readHead() {
    keyOfValue = null;
    cursor.readHead();
  }

  /** A map or list that was entered and has not been left. */
  private static final class Container {
    static final long ENDS_AT_BREAK = -1;

    final @Nullable Container outer;
    final Set<String> keys = new HashSet<>();
    private long left;

    Container(@Nullable Container outer, long left) {
      this.outer = outer;
      this.left = left;
    }

    /** Whether one more entry follows; if so, it counts as read. */
    boolean hasNext(CborCursor cursor) {
      if (left == ENDS_AT_BREAK) {
        return !cursor.skipBreak();
      }
      if (left == 0) {
        return false;
      }
      left--;
      return true;
    }
  }
}
