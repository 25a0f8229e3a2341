package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.CborWriter;
import dev.betterbase.sync.protocol.FrameTooLarge;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.realtime.Announcement;
import dev.betterbase.sync.realtime.SyncMarker;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.List;

/** The {@code sync} notification after a push (methods.md, Notifications). */
final class SyncAnnouncement {

  private final SpaceId space;
  private final long cursor;
  private final List<RecordChange> changes;

  private SyncAnnouncement(SpaceId space, long cursor, List<RecordChange> changes) {
    this.space = space;
    this.cursor = cursor;
    this.changes = changes;
  }

  /** The announcement of a push. */
  static Announcement of(SpaceId space, long cursor, List<RecordChange> changes) {
    return new Announcement(space, cursor, new SyncAnnouncement(space, cursor, changes)::encode);
  }

  private Notification encode(String spelling) {
    return new Notification.Sync(
        space, cursor, frameOrMarker(spelling), later -> SyncMarker.frame(spelling, later));
  }

  private byte[] frameOrMarker(String spelling) {
    if (leastBytes() > FrameWriter.MAX_FRAME_BYTES) {
      return SyncMarker.frame(spelling, cursor);
    }
    try {
      return frame(spelling);
    } catch (FrameTooLarge e) {
      return SyncMarker.frame(spelling, cursor);
    }
  }

  /** The least length of the frame, so that one that is far too long is never made. */
  private long leastBytes() {
    long bytes = 0;
    for (RecordChange change : changes) {
      bytes += change.blob() == null ? 0 : change.blob().length;
      bytes += change.dek() == null ? 0 : WrappedDek.LENGTH;
    }
    return bytes;
  }

  private byte[] frame(String spelling) {
    return FrameWriter.notification(
        "sync",
        params -> {
          params
              .beginMap(5)
              .field("space", spelling)
              .field("prev", cursor - 1)
              .field("cursor", cursor)
              .field("key_generation", 0)
              .key("records")
              .beginList(changes.size());
          changes.forEach(change -> write(params, change));
          params.endList().endMap();
        });
  }

  private void write(CborWriter params, RecordChange change) {
    RecordFields.write(
        params,
        change.id(),
        change.blob(),
        cursor,
        change.deletes() ? null : change.dekBytes(),
        change.deletes());
  }
}
