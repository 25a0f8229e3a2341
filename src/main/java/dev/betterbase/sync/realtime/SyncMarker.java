package dev.betterbase.sync.realtime;

import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;

/**
 * The {@code sync} notification without records, on which a client pulls (protocol.md, 4006;
 * methods.md, Notifications): {@code prev} equals {@code cursor}, so that the client does not
 * believe that it has everything.
 */
public final class SyncMarker {
  private SyncMarker() {}

  /** Encodes a marker. */
  public static byte[] frame(String spelling, long cursor) {
    return FrameWriter.notification(
        "sync",
        params ->
            params
                .beginMap(5)
                .field("space", spelling)
                .field("prev", cursor)
                .field("cursor", cursor)
                .field("key_generation", 0)
                .key("records")
                .beginList(0)
                .endList()
                .endMap());
  }

  /** A marker in place of everything up to a cursor. */
  static Announcement announcement(SpaceId space, long cursor) {
    return new Announcement(
        space,
        cursor,
        spelling ->
            new Notification.Sync(
                space, cursor, frame(spelling, cursor), later -> frame(spelling, later)));
  }
}
