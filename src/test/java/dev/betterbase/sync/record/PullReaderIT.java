package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.PooledConnection;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DatabaseTest
@NullUnmarked
class PullReaderIT {
  private static final int MIB = 1024 * 1024;

  private static DataSource database;
  private static Connection connection;
  private static PullReader reader;
  private static RecordStore store;

  private final SpaceId space = new SpaceId(UUID.randomUUID());

  @BeforeAll
  static void start() throws Exception {
    PooledConnection pool = new PooledConnection(Databases.migrated());
    connection = pool.physical();
    database = pool;
    reader = new PullReader(new Database(pool));
    store = new RecordStore(new Database(pool));
  }

  @AfterAll
  static void stop() throws Exception {
    connection.close();
  }

  /** Keeps what it gets, as text: what it is, its key, and all of its fields. */
  private static final class Rows implements PullSink {
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
    public void file(
        UUID id, RecordId record, long size, byte[] dek, long cursor, boolean deleted) {
      bytes += dek.length;
      rows.add("%d file %s %s %d %s %s".formatted(cursor, id, record, size, summary(dek), deleted));
    }
  }

  private static String summary(byte @Nullable [] bytes) {
    return bytes == null ? "null" : bytes.length + ":" + Arrays.hashCode(bytes);
  }

  private Rows pull(long since, long upTo, boolean firstSync, int maxBytes) {
    Rows rows = new Rows();
    PullPosition position = PullPosition.since(since);
    PullBatch batch;
    do {
      int before = rows.rows.size();
      batch = reader.nextBatch(Accesses.owner(space), position, upTo, firstSync, maxBytes, rows);
      assertThat(rows.rows).hasSize(before + batch.rows());
      position = batch.next();
    } while (!batch.complete());
    return rows;
  }

  private long push(RecordChange... changes) {
    PushOutcome outcome =
        store
            .push(new RecordPush(Accesses.owner(space), List.of(changes), StorageQuota.NONE))
            .orFail();
    return ((PushOutcome.Pushed) outcome).cursor();
  }

  private static RecordChange write(RecordId id, int length, long expected) {
    return new RecordChange(id, new byte[length], expected, null);
  }

  private static RecordId newId() {
    return new RecordId(UUID.randomUUID());
  }

  /**
   * Random pushes, tombstones, members and files against a model of what the space holds, in the
   * order of the contract: (cursor; records, members, files; id as bytes or chain_seq).
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void pullsWhatAModelHoldsInItsOrder(long seed) {
    Random random = new Random(seed);
    Model model = new Model(random);
    for (int step = 0; step < 150; step++) {
      model.step();
    }
    for (int maxBytes : new int[] {1, 700, 5_000, MIB}) {
      assertThat(pull(0, model.cursor, false, maxBytes).rows).isEqualTo(model.rows(0, false));
      assertThat(pull(0, model.cursor, true, maxBytes).rows).isEqualTo(model.rows(0, true));
    }
    for (int i = 0; i < 10; i++) {
      long since = random.nextLong(model.cursor + 1);
      assertThat(pull(since, model.cursor, false, 1 + random.nextInt(20_000)).rows)
          .isEqualTo(model.rows(since, false));
    }
    assertThat(pull(model.cursor, model.cursor, false, MIB).rows).isEmpty();
    assertThat(pull(Long.MAX_VALUE, model.cursor, false, MIB).rows).isEmpty();
  }

  private final class Model {
    private record Key(long cursor, int kind, String id) implements Comparable<Key> {
      @Override
      public int compareTo(Key other) {
        int byCursor = Long.compare(cursor, other.cursor);
        int byKind = Integer.compare(kind, other.kind);
        return byCursor != 0 ? byCursor : byKind != 0 ? byKind : id.compareTo(other.id);
      }
    }

    private record Row(String text, boolean deleted) {}

    private final Random random;
    private final TreeMap<Key, Row> rows = new TreeMap<>();
    private final Map<RecordId, Key> records = new HashMap<>();
    private final Map<UUID, RecordId> files = new HashMap<>();
    private final Map<UUID, Key> fileKeys = new HashMap<>();
    private int chainSeq;
    long cursor;

    Model(Random random) {
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
      assertThat(PullReaderIT.this.push(changes.values().toArray(new RecordChange[0])))
          .isEqualTo(cursor);
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
              "%d file %s %s 0 %s true".formatted(cursor, file, owner, summary(new byte[0])),
              true));
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

  @Test
  void aBatchEndsWithTheRowThatReachesItsBytes() {
    RecordChange[] changes =
        IntStream.range(0, 40)
            .mapToObj(i -> write(newId(), 100_000, 0))
            .toArray(RecordChange[]::new);
    long cursor = push(changes);
    PullPosition position = PullPosition.since(0);
    int batches = 0;
    int rows = 0;
    PullBatch batch;
    do {
      Rows sink = new Rows();
      batch = reader.nextBatch(Accesses.owner(space), position, cursor, true, 500_000, sink);
      assertThat(sink.bytes).isLessThan(500_000 + 100_000);
      position = batch.next();
      rows += batch.rows();
      batches++;
    } while (!batch.complete());
    assertThat(rows).isEqualTo(40);
    assertThat(batches).isBetween(8, 10);
  }

  @Test
  void aRowLargerThanABatchComesAlone() {
    long cursor = push(write(newId(), 4 * MIB - 400, 0), write(newId(), 4 * MIB - 400, 0));
    Rows sink = new Rows();
    PullBatch first =
        reader.nextBatch(Accesses.owner(space), PullPosition.since(0), cursor, true, MIB, sink);
    assertThat(first.rows()).isEqualTo(1);
    assertThat(first.complete()).isFalse();
    PullBatch second =
        reader.nextBatch(Accesses.owner(space), first.next(), cursor, true, MIB, sink);
    assertThat(second.rows()).isEqualTo(1);
    assertThat(pull(0, cursor, true, MIB).bytes).isEqualTo(2L * (4 * MIB - 400));
  }

  @Test
  void whatFitsIsCompleteAtOnce() {
    long cursor = push(write(newId(), 10, 0), write(newId(), 10, 0));
    PullBatch batch =
        reader.nextBatch(
            Accesses.owner(space), PullPosition.since(0), cursor, true, MIB, new Rows());
    assertThat(batch.rows()).isEqualTo(2);
    assertThat(batch.complete()).isTrue();
    PullBatch nothing =
        reader.nextBatch(
            Accesses.owner(space), PullPosition.since(cursor), cursor, false, MIB, new Rows());
    assertThat(nothing.rows()).isZero();
    assertThat(nothing.complete()).isTrue();
  }

  @Test
  void whatIsWrittenMeanwhileIsLeftToTheNextPull() {
    RecordId rewritten = newId();
    RecordId kept = newId();
    push(write(kept, 1000, 0));
    long begun = push(write(rewritten, 1000, 0));
    Rows first = new Rows();
    PullBatch batch =
        reader.nextBatch(Accesses.owner(space), PullPosition.since(0), begun, true, 1, first);
    assertThat(batch.rows()).isEqualTo(1);

    long after = push(write(rewritten, 2000, begun), write(newId(), 5, 0));
    Rows rest = new Rows();
    assertThat(
            reader
                .nextBatch(Accesses.owner(space), batch.next(), begun, true, MIB, rest)
                .complete())
        .isTrue();
    assertThat(rest.rows).isEmpty();
    assertThat(pull(begun, after, false, MIB).rows).hasSize(2);
  }

  @Test
  void aRevokedChainReadsNoFurtherBatch() {
    execute(
        database,
        "insert into spaces (id, client_id, root_public_key) values ('%s', 'client', '')"
            .formatted(space));
    String cid = Accesses.newCid();
    Access member = Accesses.member(space, cid);
    store
        .push(
            new RecordPush(
                member, List.of(write(newId(), 10, 0), write(newId(), 10, 0)), StorageQuota.NONE))
        .orFail();
    Rows rows = new Rows();
    PullBatch first = reader.nextBatch(member, PullPosition.since(0), 1, true, 1, rows);
    assertThat(first.complete()).isFalse();
    execute(
        database,
        "insert into revocations (space_id, ucan_cid) values ('%s', '%s')".formatted(space, cid));
    assertThatThrownBy(() -> reader.nextBatch(member, first.next(), 1, true, 1, rows))
        .isInstanceOf(Failure.Forbidden.class);
    assertThat(rows.rows).hasSize(1);
  }

  @Test
  void theFirstBatchIsTheSpaceAndWhatTheOthersWouldRead() {
    for (int i = 0; i < 5; i++) {
      push(write(newId(), 100, 0), write(newId(), 10, 0));
    }
    for (long since : new long[] {-1, 0, 2, 4, 5, 6}) {
      for (int maxBytes : new int[] {1, 400, MIB}) {
        Rows first = new Rows();
        PullBatch batch =
            reader.firstBatch(Accesses.owner(space), since, maxBytes, first).orElseThrow();
        assertThat(first.rows).first().isEqualTo("5 space 1 OptionalInt.empty");
        Rows same = new Rows();
        PullBatch expected =
            reader.nextBatch(
                Accesses.owner(space), PullPosition.since(since), 5, since <= 0, maxBytes, same);
        assertThat(first.rows.subList(1, first.rows.size())).isEqualTo(same.rows);
        assertThat(batch.rows()).isEqualTo(expected.rows());
        assertThat(batch.complete()).isEqualTo(expected.complete());
        Rows rest = new Rows();
        reader.nextBatch(Accesses.owner(space), batch.next(), 5, since <= 0, MIB, rest);
        assertThat(same.rows.size() + rest.rows.size())
            .isEqualTo(pull(since, 5, since <= 0, MIB).rows.size());
      }
    }
  }

  @Test
  void aPullThatMayNotBeginIsToldNothing() {
    Rows rows = new Rows();
    Access nowhere = Accesses.member(new SpaceId(UUID.randomUUID()), Accesses.newCid());
    assertThat(reader.firstBatch(nowhere, 0, MIB, rows)).isEmpty();
    push(write(newId(), 10, 0));
    // A personal space is open to no chain.
    assertThat(reader.firstBatch(Accesses.member(space, Accesses.newCid()), 0, MIB, rows))
        .isEmpty();
    execute(database, "update spaces set root_public_key = '' where id = '%s'".formatted(space));
    String cid = Accesses.newCid();
    Access member = Accesses.member(space, cid);
    execute(database, "update spaces set rewrap_epoch = 7 where id = '%s'".formatted(space));
    assertThat(reader.firstBatch(member, 0, MIB, rows)).isPresent();
    assertThat(rows.rows).hasSize(2).first().isEqualTo("1 space 1 OptionalInt[7]");
    execute(
        database,
        "insert into revocations (space_id, ucan_cid) values ('%s', '%s')".formatted(space, cid));
    assertThat(reader.firstBatch(member, 0, MIB, rows)).isEmpty();
    assertThat(rows.rows).hasSize(2);
  }

  @Test
  void aPersonalSpaceIsMadeByTheFirstPull() {
    Rows rows = new Rows();
    PullBatch batch = reader.firstBatch(Accesses.owner(space), 0, MIB, rows).orElseThrow();
    assertThat(batch.complete()).isTrue();
    assertThat(rows.rows).containsExactly("0 space 1 OptionalInt.empty");
    assertThat(push(write(newId(), 10, 0))).isEqualTo(1);
  }

  @Test
  void twoSpacesDoNotMix() {
    long cursor = push(write(newId(), 10, 0));
    SpaceId other = new SpaceId(UUID.randomUUID());
    store.push(
        new RecordPush(Accesses.owner(other), List.of(write(newId(), 10, 0)), StorageQuota.NONE));
    assertThat(pull(0, cursor, true, MIB).rows).hasSize(1);
  }

  /** What is asked of the index: as many pages as the rows lie on, however large the space. */
  @Test
  void theLastRowsOfALargeSpaceCostARangeOfTheIndex() {
    for (int i = 0; i < 10; i++) {
      push(
          IntStream.range(0, 10_000)
              .mapToObj(row -> write(newId(), 20, 0))
              .toArray(RecordChange[]::new));
    }
    long before = push();
    long cursor =
        push(
            IntStream.range(0, 10)
                .mapToObj(row -> write(newId(), 20, 0))
                .toArray(RecordChange[]::new));
    assertThat(pages(before, "ffffffff-ffff-ffff-ffff-ffffffffffff", cursor, 1000)).isLessThan(60);
    // In the middle of the 10,000 rows of one cursor as well.
    assertThat(pages(5, "80000000-0000-0000-0000-000000000000", cursor, 10)).isLessThan(60);
  }

  private long pages(long afterCursor, String afterId, long upTo, int maxRows) {
    String last = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    String call =
        "explain (analyze, buffers, timing off, format json) select * from pull_batch('%s', 'c',"
            + " null, %d, false, %d, '%s', %d, 2147483647, %d, '%s', %d, 1048576, 128)";
    String sql =
        call.formatted(space, upTo, afterCursor, afterId, afterCursor, afterCursor, last, maxRows);
    value(database, sql); // plans are made the first time
    Matcher hit =
        Pattern.compile("\"Shared (?:Hit|Read) Blocks\": (\\d+)").matcher(value(database, sql));
    long pages = 0;
    for (int i = 0; i < 2 && hit.find(); i++) {
      pages += Long.parseLong(hit.group(1));
    }
    assertThat(pages).isPositive();
    return pages;
  }
}
