package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.record.PushOutcome.Conflict;
import dev.betterbase.sync.record.PushOutcome.KeyGenerationStale;
import dev.betterbase.sync.record.PushOutcome.OverQuota;
import dev.betterbase.sync.record.PushOutcome.Pushed;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.Requests;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Several small pushes in one transaction. */
@DatabaseTest
class PushTogetherIT {
  private static DataSource pool;
  private static Database database;
  private static RecordStore store;

  @BeforeAll
  static void start() {
    pool = Databases.migrated();
    database = new Database(pool);
    store = new RecordStore(database);
  }

  private static RecordChange write(RecordId id, long expected, int epoch) {
    return new RecordChange(
        id, new byte[] {1, 2, 3}, expected, new WrappedDek(Requests.dek(epoch)));
  }

  private static RecordChange write() {
    return write(new RecordId(UUID.randomUUID()), 0, 1);
  }

  private static RecordPush push(Access access, RecordChange... changes) {
    return new RecordPush(access, List.of(changes), StorageQuota.NONE);
  }

  private static Access personalSpace() {
    Access owner = Accesses.owner(new SpaceId(UUID.randomUUID()));
    store.push(push(owner));
    return owner;
  }

  private static SpaceId sharedSpace(int minKeyGeneration) {
    SpaceId space = new SpaceId(UUID.randomUUID());
    execute(
        pool,
        "insert into spaces (id, client_id, root_public_key, min_key_generation) values"
            + " ('%s', 'c', decode(repeat('02', 33), 'hex'), %d)"
                .formatted(space, minKeyGeneration));
    return space;
  }

  private static Optional<Entry<PushOutcome>> answer(PushOutcome outcome) {
    return Optional.of(new Entry.Entered<>(outcome));
  }

  private static String records(Access access) {
    return value(
        pool,
        "select string_agg(cursor || ' ' || encode(blob, 'hex') || ' ' || length(wrapped_dek), ', '"
            + " order by cursor) from records where space_id = '%s'".formatted(access.space()));
  }

  @Test
  void eachPushHasItsOwnCursorAndAnswer() {
    Access first = personalSpace();
    Access second = Accesses.member(sharedSpace(1));
    assertThat(
            store.pushTogether(
                database,
                List.of(
                    push(first, write(), write()),
                    push(second, write()),
                    push(first, write()),
                    push(first))))
        .containsExactly(
            answer(new Pushed(1)),
            answer(new Pushed(1)),
            answer(new Pushed(2)),
            answer(new Pushed(2)));
    assertThat(records(first)).isEqualTo("1 010203 44, 1 010203 44, 2 010203 44");
    assertThat(records(second)).isEqualTo("1 010203 44");
    assertThat(
            value(
                pool,
                "select count(distinct xmin::text) from records where space_id in ('%s', '%s')"
                    .formatted(first.space(), second.space())))
        .as("transactions")
        .isEqualTo("1");
  }

  @Test
  void aPushThatIsRefusedLeavesTheOthersAlone() {
    Access good = personalSpace();
    Access conflicting = personalSpace();
    Access stale = Accesses.member(sharedSpace(5));
    String cid = Accesses.newCid();
    Access revoked = Accesses.member(sharedSpace(1), Accesses.newCid(), cid);
    execute(
        pool,
        "insert into revocations (space_id, ucan_cid) values ('%s', '%s')"
            .formatted(revoked.space(), cid));
    Access full = personalSpace();
    execute(pool, "update spaces set used_bytes = 0 where id = '%s'".formatted(full.space()));
    StorageQuota two =
        new StorageQuota(
            OptionalLong.of(2), OptionalLong.empty(), OptionalInt.empty(), Optional.empty());
    assertThat(
            store.pushTogether(
                database,
                List.of(
                    push(conflicting, write(), write(new RecordId(UUID.randomUUID()), 4, 1)),
                    push(stale, write()),
                    push(revoked, write()),
                    push(Accesses.owner(revoked.space()), write()),
                    new RecordPush(full, List.of(write()), two),
                    push(good, write()))))
        .containsExactly(
            answer(new Conflict()),
            answer(new KeyGenerationStale()),
            Optional.of(new Entry.Forbidden<>()),
            Optional.of(new Entry.Forbidden<>()),
            answer(new OverQuota(new StorageQuota.Exceeded(2, 0))),
            answer(new Pushed(1)));
    for (Access refused : List.of(conflicting, stale, revoked, full)) {
      assertThat(records(refused)).isEqualTo("null");
    }
    assertThat(records(good)).isEqualTo("1 010203 44");
  }

  @Test
  void aSpaceThatIsLockedOrNotThereIsLeftOut() throws Exception {
    Access locked = personalSpace();
    Access free = personalSpace();
    Access absent = Accesses.owner(new SpaceId(UUID.randomUUID()));
    try (Connection other = pool.getConnection();
        Statement lock = other.createStatement()) {
      other.setAutoCommit(false);
      lock.execute("select from spaces where id = '%s' for update".formatted(locked.space()));
      assertThat(
              store.pushTogether(
                  database,
                  List.of(push(locked, write()), push(absent, write()), push(free, write()))))
          .containsExactly(Optional.empty(), Optional.empty(), answer(new Pushed(1)));
      assertThat(store.pushTogether(database, List.of(push(locked, write()))))
          .as("alone")
          .containsExactly(Optional.empty());
      other.rollback();
    }
    assertThat(records(locked)).isEqualTo("null");
    assertThat(store.pushTogether(database, List.of(push(locked, write()))))
        .containsExactly(answer(new Pushed(1)));
  }

  private static StorageQuota ofPerson(String person, long bytes) {
    return new StorageQuota(
        OptionalLong.empty(), OptionalLong.of(bytes), OptionalInt.empty(), Optional.of(person));
  }

  private static Access countedSpace(String person) {
    SpaceId space = sharedSpace(1);
    execute(
        pool,
        "update spaces set owner_hash = '%s', used_bytes = 0 where id = '%s'"
            .formatted(person, space));
    return Accesses.member(space);
  }

  @Test
  void aPersonsQuotaHoldsForAllOfTheirSpacesInOneGroup() {
    String person = Accesses.newCid();
    StorageQuota seven = ofPerson(person, 7);
    List<RecordPush> pushes =
        Stream.generate(() -> new RecordPush(countedSpace(person), List.of(write()), seven))
            .limit(3)
            .toList();
    assertThat(store.pushTogether(database, pushes))
        .containsExactly(
            answer(new Pushed(1)),
            answer(new Pushed(1)),
            answer(new OverQuota(new StorageQuota.Exceeded(7, 6))));
    assertThat(store.pushTogether(database, List.of(pushes.getLast())))
        .as("alone")
        .containsExactly(answer(new OverQuota(new StorageQuota.Exceeded(7, 6))));
  }

  @Test
  void aPersonWhoIsBeingCountedAndASpaceThatNeverWasAreLeftOut() throws Exception {
    String counted = Accesses.newCid();
    String other = Accesses.newCid();
    Access uncounted = countedSpace(other);
    execute(
        pool, "update spaces set used_bytes = null where id = '%s'".formatted(uncounted.space()));
    List<RecordPush> pushes =
        List.of(
            new RecordPush(countedSpace(counted), List.of(write()), ofPerson(counted, 100)),
            new RecordPush(countedSpace(other), List.of(write()), ofPerson(other, 100)),
            new RecordPush(uncounted, List.of(write()), ofPerson(other, 100)));
    try (Connection writer = pool.getConnection();
        Statement lock = writer.createStatement()) {
      writer.setAutoCommit(false);
      lock.execute("select pg_advisory_xact_lock(person_lock('%s'))".formatted(counted));
      assertThat(store.pushTogether(database, pushes))
          .containsExactly(Optional.empty(), answer(new Pushed(1)), Optional.empty());
      writer.rollback();
    }
    assertThat(store.pushTogether(database, pushes))
        .containsExactly(answer(new Pushed(1)), answer(new Conflict()), Optional.empty());
    assertThat(store.push(pushes.getLast()).orFail()).isEqualTo(new Pushed(1));
  }

  @Test
  void wherePushFailsForItsDataNothingIsWrittenAndEachIsLeftOut() {
    Access moved = personalSpace();
    Access other = personalSpace();
    execute(
        pool, "update spaces set elsewhere = 'another' where id = '%s'".formatted(moved.space()));
    assertThat(store.pushTogether(database, List.of(push(other, write()), push(moved, write()))))
        .containsExactly(Optional.empty(), Optional.empty());
    assertThat(records(other)).isEqualTo("null");

    // A cursor that cannot be counted on.
    Access last = personalSpace();
    execute(
        pool,
        "update spaces set cursor = %d where id = '%s'".formatted(Long.MAX_VALUE, last.space()));
    assertThat(store.pushTogether(database, List.of(push(other, write()), push(last, write()))))
        .containsExactly(Optional.empty(), Optional.empty());
    assertThat(records(other)).isEqualTo("null");
  }
}
