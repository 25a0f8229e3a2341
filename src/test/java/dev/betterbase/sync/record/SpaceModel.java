package dev.betterbase.sync.record;

import static dev.betterbase.sync.record.PulledRows.summary;
import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.testing.Accesses;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;

/**
 * What a space holds after random pushes, tombstones, members and files, in the order of a pull.
 */
@NullUnmarked
final class SpaceModel {
  private record Key(long cursor, int kind, String id) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byCursor = Long.compare(cursor, other.cursor);
      int byKind = Integer.compare(kind, other.kind);
      return byCursor != 0 ? byCursor : byKind != 0 ? byKind : id.compareTo(other.id);
    }
  }

  private record Row(String text, boolean deleted) {}

  private final DataSource database;
  private final RecordStore store;
  private final SpaceId space;
  private final Random random;
  private final TreeMap<Key, Row> rows = new TreeMap<>();
  private final Map<RecordId, Key> records = new HashMap<>();
  private final Map<UUID, RecordId> files = new HashMap<>();
  private final Map<UUID, Key> fileKeys = new HashMap<>();
  private int chainSeq;
  long cursor;

  SpaceModel(DataSource database, RecordStore store, SpaceId space, Random random) {
    this.database = database;
    this.store = store;
    this.space = space;
    this.random = random;
  }

  List<String> rows(long since, boolean firstSync) {
    return rows.entrySet().stream()
        .filter(row -> row.getKey().cursor() > since)
        .filter(row -> !(firstSync && row.getValue().deleted()))
        .map(row -> row.getValue().text())
        .toList();
  }

  void step() {
    switch (random.nextInt(10)) {
      case 0 -> append();
      case 1, 2 -> upload();
      default -> push();
    }
  }

  private UUID uuid() {
    return new UUID(random.nextLong(), random.nextLong());
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private WrappedDek dek() {
    byte[] bytes = bytes(WrappedDek.LENGTH);
    bytes[0] &= 0x7f;
    return new WrappedDek(bytes);
  }

  private void push() {
    Map<RecordId, RecordChange> changes = new HashMap<>();
    int count = 1 + random.nextInt(12);
    List<RecordId> known = new ArrayList<>(records.keySet());
    for (int i = 0; i < count; i++) {
      boolean isNew = known.isEmpty() || random.nextInt(3) == 0;
      RecordId id = isNew ? new RecordId(uuid()) : known.get(random.nextInt(known.size()));
      Key key = records.get(id);
      WrappedDek dek = random.nextBoolean() ? null : dek();
      // Some blobs are larger than what PostgreSQL keeps in line, and cannot be compressed.
      int length = random.nextInt(8) == 0 ? random.nextInt(9_000) : random.nextInt(300);
      byte[] blob = random.nextInt(4) == 0 ? null : bytes(length);
      changes.put(id, new RecordChange(id, blob, key == null ? 0 : key.cursor(), dek));
    }
    cursor++;
    assertThat(
            store
                .push(
                    new RecordPush(
                        Accesses.owner(space), List.copyOf(changes.values()), StorageQuota.NONE))
                .orFail())
        .isEqualTo(new PushOutcome.Pushed(cursor));
    changes.values().forEach(this::keep);
  }

  private void keep(RecordChange change) {
    Key before = records.get(change.id());
    if (before != null) {
      rows.remove(before);
    }
    Key key = new Key(cursor, 0, change.id().toString());
    records.put(change.id(), key);
    String dek = change.deletes() ? "null" : summary(change.dekBytes());
    rows.put(
        key,
        new Row(
            "%d record %s %s %s %s"
                .formatted(cursor, change.id(), summary(change.blob()), dek, change.deletes()),
            change.deletes()));
    if (change.deletes()) {
      files.entrySet().removeIf(file -> deleteFile(file.getKey(), file.getValue(), change.id()));
    }
  }

  private boolean deleteFile(UUID file, RecordId owner, RecordId deleted) {
    if (!owner.equals(deleted)) {
      return false;
    }
    rows.remove(fileKeys.get(file));
    rows.put(
        new Key(cursor, 2, file.toString()),
        new Row(
            "%d file %s %s 0 %s true".formatted(cursor, file, owner, summary(new byte[0])), true));
    return true;
  }

  private void append() {
    cursor = nextCursor();
    chainSeq++;
    byte[] prev = chainSeq == 1 ? null : bytes(32);
    byte[] entry = bytes(32);
    byte[] payload = bytes(1 + random.nextInt(500));
    HexFormat hex = HexFormat.of();
    execute(
        database,
        "insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor)"
            + " values ('%s', %d, %s, decode('%s', 'hex'), decode('%s', 'hex'), %d)"
                .formatted(
                    space,
                    chainSeq,
                    prev == null ? "null" : "decode('" + hex.formatHex(prev) + "', 'hex')",
                    hex.formatHex(entry),
                    hex.formatHex(payload),
                    cursor));
    rows.put(
        new Key(cursor, 1, "%010d".formatted(chainSeq)),
        new Row(
            "%d member %d %s %s %s"
                .formatted(cursor, chainSeq, summary(prev), summary(entry), summary(payload)),
            false));
  }

  private void upload() {
    List<RecordId> live =
        records.entrySet().stream()
            .filter(entry -> !rows.get(entry.getValue()).deleted())
            .map(Map.Entry::getKey)
            .toList();
    if (live.isEmpty()) {
      return;
    }
    RecordId owner = live.get(random.nextInt(live.size()));
    cursor = nextCursor();
    UUID id = uuid();
    byte[] dek = bytes(44);
    long size = random.nextInt(1000);
    execute(
        database,
        "insert into files (space_id, id, size, wrapped_dek, record_id, cursor)"
            + " values ('%s', '%s', %d, decode('%s', 'hex'), '%s', %d)"
                .formatted(space, id, size, HexFormat.of().formatHex(dek), owner, cursor));
    Key key = new Key(cursor, 2, id.toString());
    files.put(id, owner);
    fileKeys.put(id, key);
    rows.put(
        key,
        new Row(
            "%d file %s %s %d %s false".formatted(cursor, id, owner, size, summary(dek)), false));
  }

  private long nextCursor() {
    store.push(new RecordPush(Accesses.owner(space), List.of(), StorageQuota.NONE));
    return Long.parseLong(
        value(
            database,
            "update spaces set cursor = cursor + 1 where id = '%s' returning cursor"
                .formatted(space)));
  }
}
