package dev.betterbase.sync.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A position in a CBOR message (RFC 8949) that moves from head to head. Nothing is allocated for an
 * announced length before that many bytes are known to be there.
 *
 * <p>Jackson's parser is not used, because it is more lenient than protocol.md (Frames) allows. It
 * accepts overlong UTF-8 and surrogates as text and does not check skipped texts at all. It accepts
 * byte strings, integers and tagged texts as text keys, and simple values and tagged integers as
 * integers. It throws at keys that are neither text nor integer, and at tag 25 in a skipped value
 * (docs/decisions/0003-reading-cbor.md).
 */
final class CborCursor {
  /** The greatest nesting depth of maps, lists and tags, the outermost included. */
  static final int MAX_NESTING = 64;

  // Major types, RFC 8949, section 3.1.
  static final int UNSIGNED = 0;
  static final int NEGATIVE = 1;
  static final int BYTES = 2;
  static final int TEXT = 3;
  static final int LIST = 4;
  static final int MAP = 5;
  static final int TAG = 6;
  private static final int SIMPLE = 7;

  // Simple values, RFC 8949, section 3.3.
  static final int FALSE = 20;
  static final int TRUE = 21;
  static final int NULL = 22;
  static final int UNDEFINED = 23;

  private static final int INDEFINITE = 31;
  private static final byte BREAK = (byte) 0xFF;
  private static final int DECODED_AT_ONCE = 512;

  private final ByteBuffer in;
  private @Nullable CharsetDecoder strictUtf8;
  private @Nullable CharBuffer decoded;

  // The head read last.
  private int majorType;
  private int info;
  private long argument;

  CborCursor(byte[] message, int position) {
    in = ByteBuffer.wrap(message).position(position);
  }

  int position() {
    return in.position();
  }

  void moveTo(int position) {
    in.position(position);
  }

  int majorType() {
    return majorType;
  }

  /** The integer, length or count of the head read last, unsigned. */
  long argument() {
    return argument;
  }

  boolean isIndefinite() {
    return info == INDEFINITE;
  }

  /** Whether the head read last is this simple value. */
  boolean isSimple(int value) {
    return majorType == SIMPLE && info == value;
  }

  /**
   * Reads the head of the next data item: major type and argument (RFC 8949, section 3). The
   * argument of a string, list or map is not above the number of bytes that follow.
   */
  void readHead() {
    int first = Byte.toUnsignedInt(require(1).get());
    majorType = first >> 5;
    info = first & 0x1F;
    argument =
        switch (info) {
          case 24 -> Byte.toUnsignedLong(require(1).get());
          case 25 -> Short.toUnsignedLong(require(2).getShort());
          case 26 -> Integer.toUnsignedLong(require(4).getInt());
          case 27 -> require(8).getLong();
          case 28, 29, 30 -> throw new MalformedCbor("reserved additional information");
          case INDEFINITE -> requireIndefinite();
          default -> info;
        };
    if (majorType == SIMPLE && info == 24 && argument < 32) {
      throw new MalformedCbor("simple value in two bytes that has one byte");
    }
    if (hasContent() && Long.compareUnsigned(argument, in.remaining()) > 0) {
      // Each byte, element or entry takes at least one byte.
      throw new MalformedCbor("cut short");
    }
  }

  private boolean hasContent() {
    return majorType >= BYTES && majorType <= MAP;
  }

  private long requireIndefinite() {
    if (!hasContent()) {
      throw new MalformedCbor("no indefinite length here");
    }
    return 0;
  }

  private ByteBuffer require(int bytes) {
    if (in.remaining() < bytes) {
      throw new MalformedCbor("cut short");
    }
    return in;
  }

  /** Steps over the break that ends an indefinite length, if one comes next. */
  boolean skipBreak() {
    if (require(1).get(in.position()) != BREAK) {
      return false;
    }
    in.get();
    return true;
  }

  /** A copy of the bytes since a position. */
  Encoded encodedFrom(int start) {
    return new Encoded(Arrays.copyOfRange(in.array(), start, in.position()));
  }

  /** Steps over null or undefined, if one comes next. */
  boolean skipNull() {
    int start = in.position();
    readHead();
    if (isSimple(NULL) || isSimple(UNDEFINED)) {
      return true;
    }
    in.position(start);
    return false;
  }

  /**
   * Steps over the next data item and everything in it. Checks that it is well-formed, that texts
   * are UTF-8, and that nothing nests too deeply.
   *
   * @param enclosing the number of maps, lists and tags around the item
   */
  void skip(int enclosing) {
    readHead();
    switch (majorType) {
      case BYTES, TEXT -> skipString();
      case LIST -> skipItems(1, enclosing + 1);
      case MAP -> skipItems(2, enclosing + 1);
      case TAG -> {
        requireNesting(enclosing + 1);
        skip(enclosing + 1);
      }
      default -> {}
    }
  }

  private void skipItems(int itemsPerEntry, int nesting) {
    requireNesting(nesting);
    if (isIndefinite()) {
      while (!skipBreak()) {
        skipEntry(itemsPerEntry, nesting);
      }
      return;
    }
    for (long left = argument; left > 0; left--) {
      skipEntry(itemsPerEntry, nesting);
    }
  }

  private void skipEntry(int items, int nesting) {
    for (int i = 0; i < items; i++) {
      skip(nesting);
    }
  }

  private static void requireNesting(int nesting) {
    if (nesting > MAX_NESTING) {
      throw new MalformedCbor("nests too deep");
    }
  }

  private void skipString() {
    int type = majorType;
    if (!isIndefinite()) {
      skipChunk(type);
      return;
    }
    while (!skipBreak()) {
      readChunkHead(type);
      skipChunk(type);
    }
  }

  // RFC 8949, section 3.2.3: chunks are definite strings of the same type.
  private void readChunkHead(int type) {
    readHead();
    if (majorType != type || isIndefinite()) {
      throw new MalformedCbor("no chunk of this string");
    }
  }

  private void skipChunk(int type) {
    int end = in.position() + (int) argument;
    if (type == TEXT) {
      requireUtf8(end);
    }
    in.position(end);
  }

  // Each chunk is checked by itself: no character may be split between two (RFC 8949, section
  // 3.2.3).
  private void requireUtf8(int end) {
    byte[] message = in.array();
    int start = in.position();
    while (start < end && message[start] >= 0) {
      start++;
    }
    if (start < end) {
      decodeStrictly(start, end);
    }
  }

  // The decoder reports overlong forms and surrogates, which new String(…) would replace.
  private void decodeStrictly(int start, int end) {
    if (strictUtf8 == null || decoded == null) {
      strictUtf8 =
          UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT);
      decoded = CharBuffer.allocate(DECODED_AT_ONCE);
    }
    ByteBuffer text = ByteBuffer.wrap(in.array(), start, end - start);
    strictUtf8.reset();
    while (true) {
      var result = strictUtf8.decode(text, decoded.clear(), true);
      if (result.isError()) {
        throw new MalformedCbor("invalid UTF-8");
      }
      if (result.isUnderflow()) {
        return;
      }
    }
  }

  /** The content of the text whose head was read last; it must have been checked before. */
  String text() {
    if (!isIndefinite()) {
      int start = advance();
      return new String(in.array(), start, in.position() - start, UTF_8);
    }
    return chunks().toString(UTF_8);
  }

  /** A copy of the byte string whose head was read last; it must have been checked before. */
  byte[] bytes() {
    if (!isIndefinite()) {
      byte[] content = new byte[(int) argument];
      in.get(content);
      return content;
    }
    return chunks().toByteArray();
  }

  private ByteArrayOutputStream chunks() {
    int type = majorType;
    var content = new ByteArrayOutputStream();
    while (!skipBreak()) {
      readChunkHead(type);
      int start = advance();
      content.write(in.array(), start, in.position() - start);
    }
    return content;
  }

  /** Steps over as many bytes as the head announced; returns the offset of the first one. */
  private int advance() {
    int start = in.position();
    in.position(start + (int) argument);
    return start;
  }
}
