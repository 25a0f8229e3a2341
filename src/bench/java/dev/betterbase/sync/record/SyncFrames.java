package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.realtime.Announcement;
import java.util.List;
import java.util.UUID;

/** The notification of a push of one record, for benchmarks in other packages. */
public final class SyncFrames {
  private static final int BLOB = 512;

  private SyncFrames() {}

  /** A record of 512 bytes with a DEK. */
  public static Announcement announcement(SpaceId space) {
    RecordChange change =
        new RecordChange(
            new RecordId(new UUID(2, 2)),
            new byte[BLOB],
            0,
            new WrappedDek(new byte[WrappedDek.LENGTH]));
    return SyncAnnouncement.of(space, 1_000, List.of(change));
  }
}
