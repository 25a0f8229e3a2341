package dev.betterbase.sync.rpc.transport.upgrade;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The incoming message, in one array. The array doubles as bytes come in, so that joining fragments
 * takes linear time. If the memory was reserved, the whole array is made at once.
 */
final class MessageBuffer {

  private static final byte[] NOTHING = {};
  private static final int LEAST = 512;

  private byte[] bytes = NOTHING;
  private int length;

  int length() {
    return length;
  }

  /** Makes room for a message of exactly this length. */
  void expect(int total) {
    if (total > bytes.length) {
      bytes = Arrays.copyOf(bytes, total);
    }
  }

  /**
   * Adds the bytes that came in.
   *
   * @param limit the longest that the whole message can be, in bytes
   */
  void add(ByteBuffer part, int limit) {
    int needed = length + part.remaining();
    if (needed > bytes.length) {
      long doubled = Math.max(LEAST, 2L * bytes.length);
      // The first part of a message is usually all of it.
      int size = bytes.length == 0 ? needed : (int) Math.max(needed, Math.min(limit, doubled));
      bytes = Arrays.copyOf(bytes, size);
    }
    int count = part.remaining();
    part.get(bytes, length, count);
    length += count;
  }

  /** The whole message; the buffer is empty afterwards. */
  byte[] take() {
    byte[] message = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    clear();
    return message;
  }

  void clear() {
    bytes = NOTHING;
    length = 0;
  }
}
