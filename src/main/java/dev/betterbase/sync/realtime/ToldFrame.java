package dev.betterbase.sync.realtime;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A notification of another node, as it was encoded there. It is passed on as it is to subscribers
 * that spell the id of the space in the canonical way, which is nearly all of them.
 */
final class ToldFrame {
  /** The head of a CBOR text of 24 to 255 bytes, before its length in one byte. */
  private static final byte TEXT = 0x78;

  /** The space is the first of the params, so its id begins within this number of bytes. */
  private static final int HEAD_AT_MOST = 64;

  private ToldFrame() {}

  static Announcement announcement(BusMessage.Told told) {
    return new Announcement(told.space(), told.cursor(), spelling -> notification(told, spelling));
  }

  private static Notification notification(BusMessage.Told told, String spelling) {
    SpaceId space = told.space();
    byte[] frame = respelled(told.frame(), space, spelling);
    if (frame.length == 0) {
      frame = SyncMarker.frame(spelling, told.cursor());
    } else if (!told.isSync()) {
      return new Notification.Lasting(space, frame);
    }
    return new Notification.Sync(
        space, told.cursor(), frame, later -> SyncMarker.frame(spelling, later));
  }

  /** The frame with another spelling of the id; empty if the id is not at its place. */
  private static byte[] respelled(byte[] frame, SpaceId space, String spelling) {
    byte[] canonical = text(space.toString());
    int last = Math.min(HEAD_AT_MOST, frame.length - canonical.length);
    for (int i = 0; i <= last; i++) {
      int end = i + canonical.length;
      if (Arrays.equals(frame, i, end, canonical, 0, canonical.length)) {
        byte[] other = text(spelling);
        return Arrays.equals(canonical, other)
            ? frame
            : ByteBuffer.allocate(frame.length - canonical.length + other.length)
                .put(frame, 0, i)
                .put(other)
                .put(frame, end, frame.length - end)
                .array();
      }
    }
    return new byte[0];
  }

  /** Every spelling of a UUID has 32 to 45 bytes. */
  private static byte[] text(String spelling) {
    byte[] ascii = spelling.getBytes(US_ASCII);
    return ByteBuffer.allocate(2 + ascii.length)
        .put(TEXT)
        .put((byte) ascii.length)
        .put(ascii)
        .array();
  }
}
