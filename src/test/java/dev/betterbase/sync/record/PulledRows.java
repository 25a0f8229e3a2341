package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.space.MembershipEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Keeps what it gets, as text: what it is, its key, and all of its fields. */
final class PulledRows implements PullSink {
  final List<String> rows = new ArrayList<>();
  long bytes;

  @Override
  public void space(long cursor, int keyGeneration, OptionalInt rewrapEpoch) {
    rows.add("%d space %d %s".formatted(cursor, keyGeneration, rewrapEpoch));
  }

  @Override
  public void record(
      RecordId id, byte @Nullable [] blob, long cursor, byte @Nullable [] dek, boolean deleted) {
    bytes += (blob == null ? 0 : blob.length) + (dek == null ? 0 : dek.length);
    rows.add("%d record %s %s %s %s".formatted(cursor, id, summary(blob), summary(dek), deleted));
  }

  @Override
  public void membership(long cursor, MembershipEntry entry) {
    bytes += entry.entryHash().length + entry.payload().length;
    rows.add(
        "%d member %d %s %s %s"
            .formatted(
                cursor,
                entry.chainSeq(),
                summary(entry.prevHash()),
                summary(entry.entryHash()),
                summary(entry.payload())));
  }

  @Override
  public void file(UUID id, RecordId record, long size, byte[] dek, long cursor, boolean deleted) {
    bytes += dek.length;
    rows.add("%d file %s %s %d %s %s".formatted(cursor, id, record, size, summary(dek), deleted));
  }

  static String summary(byte @Nullable [] bytes) {
    return bytes == null ? "null" : bytes.length + ":" + Arrays.hashCode(bytes);
  }
}
