package dev.betterbase.sync.rpc.outbound;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;

/** Frames that a test can read. */
final class TestFrames {
  private TestFrames() {}

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static Notification.Sync sync(SpaceId space, long cursor) {
    return new Notification.Sync(
        space, cursor, bytes("sync " + space + " " + cursor), at -> bytes("marker " + at));
  }
}
