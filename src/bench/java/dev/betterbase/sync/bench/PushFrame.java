package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * The frame of a push, made once. The ids and expected cursors, which differ from push to push, are
 * overwritten in place, so that a push costs the client next to nothing.
 */
final class PushFrame {
  static final int BLOB = 512;

  /** An integer that takes eight bytes on the wire, and so is found and overwritten. */
  private static final long CURSOR_MARK = 0x7A5A_6B5B_7C5C_6D5DL;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PUSHED = pushed();

  private final byte[] bytes;
  private final ByteBuffer frame;
  private final int[] ids;
  private final int cursorAt;
  private final SplittableRandom random;

  private PushFrame(byte[] request, List<String> marks, long seed) {
    ByteBuffer made = BareClient.binary(request);
    bytes = new byte[made.remaining()];
    made.get(bytes);
    frame = ByteBuffer.wrap(bytes);
    ids = new int[marks.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = find(bytes, marks.get(i).getBytes(StandardCharsets.US_ASCII));
    }
    byte[] mark = ByteBuffer.allocate(Long.BYTES).putLong(CURSOR_MARK).array();
    cursorAt = find(bytes, mark);
    random = new SplittableRandom(seed);
  }

  /**
   * A push of new records.
   *
   * @param target the space, and the UCAN if it is shared
   */
  static PushFrame ofNew(Map<String, Object> target, int records) {
    return make(target, records, 0);
  }

  /** A push of one existing record. */
  static PushFrame ofUpdate(Map<String, Object> target) {
    return make(target, 1, CURSOR_MARK);
  }

  private static PushFrame make(Map<String, Object> target, int records, long expected) {
    List<String> marks = new ArrayList<>();
    List<Object> changes = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      marks.add(Requests.newId());
      changes.add(Requests.put(marks.get(i), expected, Requests.blob(BLOB), Requests.dek(1)));
    }
    Map<String, Object> params = Requests.map("space", target.get("space"));
    params.putAll(target);
    params.put("changes", changes);
    byte[] request = WireClient.encodeRequest("push", RpcSocket.REQUEST_ID, params);
    return new PushFrame(request, marks, UUID.randomUUID().getMostSignificantBits());
  }

  /** The frame with new ids. */
  ByteBuffer withNewIds() {
    for (int at : ids) {
      writeId(at, random.nextLong(), random.nextLong());
    }
    return frame;
  }

  /** The frame that writes the record with this number, which was last written at this cursor. */
  ByteBuffer withRecord(int number, long cursor) {
    writeId(ids[0], 0x4000L, 0x8000_0000_0000_0000L | number);
    frame.putLong(cursorAt, cursor);
    return frame;
  }

  /** The id that {@link #withRecord} gives this number. */
  static UUID id(int number) {
    return new UUID(0x4000L, 0x8000_0000_0000_0000L | number);
  }

  /** The cursor in the reply to a push; anything but success is an error. */
  static long cursor(ByteBuffer reply) throws IOException {
    // Works on an array, because JDK 25's compiler took the buffer for null after slice and
    // mismatch.
    byte[] bytes = new byte[reply.remaining()];
    reply.duplicate().get(bytes);
    int head = PUSHED.length;
    if (bytes.length <= head || !Arrays.equals(bytes, 0, head, PUSHED, 0, head)) {
      throw new IOException("a push was answered with " + RpcSocket.decode(reply));
    }
    ByteBuffer cursor = ByteBuffer.wrap(bytes, head, bytes.length - head);
    int first = Byte.toUnsignedInt(cursor.get());
    return switch (first) {
      case 0x18 -> Byte.toUnsignedInt(cursor.get());
      case 0x19 -> Short.toUnsignedInt(cursor.getShort());
      case 0x1A -> Integer.toUnsignedLong(cursor.getInt());
      case 0x1B -> cursor.getLong();
      default -> first;
    };
  }

  /** The reply to a push, as {@link #cursor} reads it. */
  static byte[] reply(long cursor) {
    ByteBuffer reply = ByteBuffer.allocate(PUSHED.length + 1 + Long.BYTES);
    return reply.put(PUSHED).put((byte) 0x1B).putLong(cursor).array();
  }

  private void writeId(int at, long high, long low) {
    int position = at;
    for (int digit = 0; digit < 32; digit++) {
      if (digit == 8 || digit == 12 || digit == 16 || digit == 20) {
        position++;
      }
      long half = digit < 16 ? high : low;
      bytes[position++] = HEX[(int) (half >>> (60 - 4 * (digit & 15))) & 15];
    }
  }

  private static int find(byte[] bytes, byte[] wanted) {
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      if (java.util.Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    return -1;
  }

  // {type: 1, id: "p", result: {ok: true, cursor: … as the server writes it (protocol.md, Frames).
  private static byte[] pushed() {
    String text = "\u00a3dtype\u0001bidapfresult\u00a2bok\u00f5fcursor";
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
