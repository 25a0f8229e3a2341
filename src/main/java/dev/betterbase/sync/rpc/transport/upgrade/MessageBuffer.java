package dev.betterbase.sync.rpc.transport.upgrade;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The message that is coming in, in one array. It takes memory as bytes come, twice as much each
 * time, so that joining fragments is linear; or all at once, where that was reserved.
 */
final class MessageBuffer {

  private static final byte[] NOTHING = {};
  private static final int LEAST = 512;

  private byte[] bytes = NOTHING;
  private int length;

  int length() {
    return length;
  }

  /** Takes memory for a message of this length, which is all that it will have. */
  void expect(int total) {
    if (total > bytes.length) {
      bytes = Arrays.copyOf(bytes, total);
    }
  }

  /**
   * Adds what came in.
   *
   * @param limit what the whole message can have at most
   */
  void add(ByteBuffer part, int limit) {
    int needed = length + part.remaining();
    if (needed > bytes.length) {
      long doubled = Math.max(LEAST, 2L * bytes.length);
      // The first part of a message is mostly all of it.
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
