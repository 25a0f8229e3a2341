package dev.betterbase.sync.protocol;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the params of a frame, typed, in one pass (protocol.md, Frames). Whoever reads walks maps
 * and lists like this:
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
 * <p>Entries that are null or undefined count as not given and never come up, nor do keys that are
 * no text. Whether what was not given is required, the caller checks. All that does not fit (a
 * wrong type, a tag, an integer out of range, a key given twice) throws {@link
 * Failure.InvalidParams}, after which the reader is of no more use.
 *
 * <p>The length of a list comes from outside and is bounded by that of the message alone: check it
 * while reading.
 */
public final class CborReader {
  // Known keys are few and always remembered; this bounds the memory that invented ones can take.
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

  /** The next key of the map that was entered last, or null where it ends. */
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
   * A list, whole. Its length is bounded by that of the message alone.
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
    // Of an argument past 63 bits neither it nor its complement fits.
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

  /** A copy of the next value, whatever it is, as it was sent. */
  public Encoded encoded() {
    int start = cursor.position();
    keyOfValue = null;
    cursor.skip(0);
    return cursor.encodedFrom(start);
  }

  /** Passes over the next value, whatever it is: that of an unknown key. */
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

    /** Whether one more entry comes; it counts as read from now on. */
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
