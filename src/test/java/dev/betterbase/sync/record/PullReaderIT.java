package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.PooledConnection;
import java.sql.Connection;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;
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

  private PulledRows pull(long since, long upTo, boolean firstSync, int maxBytes) {
    PulledRows rows = new PulledRows();
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
    SpaceModel model = new SpaceModel(database, store, space, random);
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
      PulledRows sink = new PulledRows();
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
    PulledRows sink = new PulledRows();
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
            Accesses.owner(space), PullPosition.since(0), cursor, true, MIB, new PulledRows());
    assertThat(batch.rows()).isEqualTo(2);
    assertThat(batch.complete()).isTrue();
    PullBatch nothing =
        reader.nextBatch(
            Accesses.owner(space),
            PullPosition.since(cursor),
            cursor,
            false,
            MIB,
            new PulledRows());
    assertThat(nothing.rows()).isZero();
    assertThat(nothing.complete()).isTrue();
  }

  @Test
  void whatIsWrittenMeanwhileIsLeftToTheNextPull() {
    RecordId rewritten = newId();
    RecordId kept = newId();
    push(write(kept, 1000, 0));
    long begun = push(write(rewritten, 1000, 0));
    PulledRows first = new PulledRows();
    PullBatch batch =
        reader.nextBatch(Accesses.owner(space), PullPosition.since(0), begun, true, 1, first);
    assertThat(batch.rows()).isEqualTo(1);

    long after = push(write(rewritten, 2000, begun), write(newId(), 5, 0));
    PulledRows rest = new PulledRows();
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
    PulledRows rows = new PulledRows();
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
        PulledRows first = new PulledRows();
        PullBatch batch =
            reader.firstBatch(Accesses.owner(space), since, maxBytes, first).orElseThrow();
        assertThat(first.rows).first().isEqualTo("5 space 1 OptionalInt.empty");
        PulledRows same = new PulledRows();
        PullBatch expected =
            reader.nextBatch(
                Accesses.owner(space), PullPosition.since(since), 5, since <= 0, maxBytes, same);
        assertThat(first.rows.subList(1, first.rows.size())).isEqualTo(same.rows);
        assertThat(batch.rows()).isEqualTo(expected.rows());
        assertThat(batch.complete()).isEqualTo(expected.complete());
        PulledRows rest = new PulledRows();
        reader.nextBatch(Accesses.owner(space), batch.next(), 5, since <= 0, MIB, rest);
        assertThat(same.rows.size() + rest.rows.size())
            .isEqualTo(pull(since, 5, since <= 0, MIB).rows.size());
      }
    }
  }

  @Test
  void aPullThatMayNotBeginIsToldNothing() {
    PulledRows rows = new PulledRows();
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
    PulledRows rows = new PulledRows();
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
