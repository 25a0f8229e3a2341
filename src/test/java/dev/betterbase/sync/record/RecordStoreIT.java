package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.record.PushOutcome.Conflict;
import dev.betterbase.sync.record.PushOutcome.KeyGenerationStale;
import dev.betterbase.sync.record.PushOutcome.Pushed;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.Requests;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@DatabaseTest
class RecordStoreIT {
  private static DataSource database;
  private static RecordStore store;

  private final SpaceId space = new SpaceId(UUID.randomUUID());
  private final RecordId record = new RecordId(UUID.randomUUID());

  @BeforeAll
  static void start() {
    database = Databases.migrated();
    store = new RecordStore(new Database(database));
  }

  private static RecordChange write(RecordId id, long expected) {
    return new RecordChange(id, new byte[] {1, 2, 3}, expected, dek(1));
  }

  private static RecordChange delete(RecordId id, long expected) {
    return new RecordChange(id, null, expected, null);
  }

  private static WrappedDek dek(int epoch) {
    return new WrappedDek(Requests.dek(epoch));
  }

  private PushOutcome push(RecordChange... changes) {
    return push(Accesses.owner(space), changes);
  }

  private PushOutcome push(Access access, RecordChange... changes) {
    return store.push(new RecordPush(access, List.of(changes), StorageQuota.NONE)).orFail();
  }

  private static PushOutcome pushTo(SpaceId space, List<RecordChange> changes) {
    return store.push(new RecordPush(Accesses.owner(space), changes, StorageQuota.NONE)).orFail();
  }

  private String row(RecordId id) {
    return value(
        database,
        "select concat_ws(' ', cursor, coalesce(encode(blob, 'hex'), 'null'),"
            + " coalesce(length(wrapped_dek)::text, 'null'), deleted) from records"
            + " where space_id = '%s' and id = '%s'".formatted(space, id));
  }

  private String spaceCursor() {
    return value(database, "select cursor from spaces where id = '%s'".formatted(space));
  }

  private void shareSpace(int minKeyGeneration) {
    execute(
        database,
        "insert into spaces (id, client_id, root_public_key, min_key_generation) values"
            + " ('%s', 'c', decode(repeat('02', 33), 'hex'), %d)"
                .formatted(space, minKeyGeneration));
  }

  @Test
  void everyChangeOfAPushTakesTheSameNextCursor() {
    RecordId other = new RecordId(UUID.randomUUID());
    assertThat(push(write(record, 0), write(other, 0))).isEqualTo(new Pushed(1));
    assertThat(push(write(record, 1))).isEqualTo(new Pushed(2));
    assertThat(row(record)).isEqualTo("2 010203 44 f");
    assertThat(row(other)).isEqualTo("1 010203 44 f");
    assertThat(spaceCursor()).isEqualTo("2");
  }

  @Test
  void aBlobMayBeEmptyAndADekAbsent() {
    assertThat(push(new RecordChange(record, new byte[0], 0, null))).isEqualTo(new Pushed(1));
    assertThat(row(record)).isEqualTo("1  null f");
  }

  @Test
  void aDeletedRecordKeepsNeitherBlobNorDek() {
    push(write(record, 0));
    assertThat(push(new RecordChange(record, null, 1, dek(1)))).isEqualTo(new Pushed(2));
    assertThat(row(record)).isEqualTo("2 null null t");
    assertThat(push(write(record, 2))).isEqualTo(new Pushed(3));
    assertThat(row(record)).isEqualTo("3 010203 44 f");
  }

  @Test
  void anUnexpectedCursorIsAConflictForTheWholePush() {
    push(write(record, 0));
    RecordId fresh = new RecordId(UUID.randomUUID());
    for (RecordChange wrong :
        List.of(write(record, 0), write(record, 2), write(record, -1), delete(record, 5))) {
      assertThat(push(write(fresh, 0), wrong)).isEqualTo(new Conflict());
    }
    assertThat(push(write(fresh, 7))).isEqualTo(new Conflict());
    assertThat(push(delete(fresh, 1))).isEqualTo(new Conflict());
    assertThat(row(fresh)).isEqualTo("null");
    assertThat(row(record)).isEqualTo("1 010203 44 f");
    assertThat(spaceCursor()).isEqualTo("1");
  }

  @Test
  void aTombstoneCountsAsARecordThatExists() {
    push(write(record, 0));
    push(delete(record, 1));
    assertThat(push(write(record, 0))).isEqualTo(new Conflict());
    assertThat(push(delete(new RecordId(UUID.randomUUID()), 0))).isEqualTo(new Pushed(3));
  }

  @Test
  void anEmptyPushChangesNothing() {
    assertThat(push()).isEqualTo(new Pushed(0));
    push(write(record, 0));
    String updated =
        value(database, "select updated_at from spaces where id = '%s'".formatted(space));
    assertThat(push()).isEqualTo(new Pushed(1));
    assertThat(value(database, "select updated_at from spaces where id = '%s'".formatted(space)))
        .isEqualTo(updated);
  }

  @Test
  void aSharedSpaceIsNotMadeByAPush() {
    assertThat(
            store.push(
                new RecordPush(
                    Accesses.member(space), List.of(write(record, 0)), StorageQuota.NONE)))
        .isEqualTo(new Entry.NotFound<>());
    assertThat(spaceCursor()).isEqualTo("null");
    assertThat(row(record)).isEqualTo("null");
  }

  @Test
  void aSpaceWithARootKeyIsNotPersonal() {
    shareSpace(0);
    assertThat(
            store.push(
                new RecordPush(
                    Accesses.owner(space), List.of(write(record, 0)), StorageQuota.NONE)))
        .isEqualTo(new Entry.Forbidden<>());
    assertThat(
            store
                .push(
                    new RecordPush(
                        Accesses.member(space), List.of(write(record, 0)), StorageQuota.NONE))
                .orFail())
        .isEqualTo(new Pushed(1));
  }

  @Test
  void aPersonalSpaceIsOpenToNoChain() {
    push();
    assertThat(
            store.push(
                new RecordPush(
                    Accesses.member(space), List.of(write(record, 0)), StorageQuota.NONE)))
        .isEqualTo(new Entry.Forbidden<>());
  }

  @Test
  void aRevokedChainWritesNothing() {
    shareSpace(0);
    String cid = Accesses.newCid();
    Access member = Accesses.member(space, Accesses.newCid(), cid);
    assertThat(push(member, write(record, 0))).isEqualTo(new Pushed(1));
    execute(
        database,
        "insert into revocations (space_id, ucan_cid) values ('%s', '%s')".formatted(space, cid));
    assertThat(store.push(new RecordPush(member, List.of(write(record, 1)), StorageQuota.NONE)))
        .isEqualTo(new Entry.Forbidden<>());
    assertThat(push(Accesses.member(space), write(record, 1))).isEqualTo(new Pushed(2));
  }

  @Test
  void anOldKeyIsStaleInASharedSpace() {
    shareSpace(3);
    List<RecordChange> stale =
        List.of(
            new RecordChange(new RecordId(UUID.randomUUID()), new byte[1], 0, dek(3)),
            new RecordChange(record, new byte[1], 0, dek(2)));
    assertThat(
            store.push(new RecordPush(Accesses.member(space), stale, StorageQuota.NONE)).orFail())
        .isEqualTo(new KeyGenerationStale());
    assertThat(spaceCursor()).isEqualTo("0");
    assertThat(
            store
                .push(
                    new RecordPush(
                        Accesses.member(space), List.of(stale.get(0)), StorageQuota.NONE))
                .orFail())
        .isEqualTo(new Pushed(1));
    RecordChange withoutDek = new RecordChange(record, new byte[1], 0, null);
    assertThat(
            store
                .push(
                    new RecordPush(Accesses.member(space), List.of(withoutDek), StorageQuota.NONE))
                .orFail())
        .isEqualTo(new Pushed(2));
    assertThat(
            store
                .push(
                    new RecordPush(
                        Accesses.member(space), List.of(delete(record, 2)), StorageQuota.NONE))
                .orFail())
        .isEqualTo(new Pushed(3));
    assertThat(
            store
                .push(
                    new RecordPush(
                        Accesses.member(space),
                        List.of(new RecordChange(record, null, 9, dek(0))),
                        StorageQuota.NONE))
                .orFail())
        .as("stale comes before conflict")
        .isEqualTo(new KeyGenerationStale());
  }

  @Test
  void anOldKeyIsFineInAPersonalSpace() {
    push();
    execute(database, "update spaces set min_key_generation = 3 where id = '%s'".formatted(space));
    assertThat(push(new RecordChange(record, new byte[1], 0, dek(0)))).isEqualTo(new Pushed(1));
  }

  @Test
  void oneIdMayBeARecordInManySpaces() {
    SpaceId another = new SpaceId(UUID.randomUUID());
    push(write(record, 0));
    assertThat(pushTo(another, List.of(write(record, 0)))).isEqualTo(new Pushed(1));
    assertThat(push(delete(record, 1))).isEqualTo(new Pushed(2));
    assertThat(
            value(database, "select deleted from records where space_id = '%s'".formatted(another)))
        .isEqualTo("f");
  }

  @Test
  void deletingARecordDeletesItsFilesUnderTheSameCursor() {
    RecordId other = new RecordId(UUID.randomUUID());
    push(write(record, 0), write(other, 0));
    String gone = file(record, false);
    String goneBefore = file(record, true);
    String kept = file(other, false);
    execute(database, "update spaces set cursor = 9 where id = '%s'".formatted(space));

    assertThat(push(delete(record, 1), write(other, 1))).isEqualTo(new Pushed(10));
    assertThat(fileRow(gone)).isEqualTo("10 0 0 t");
    assertThat(fileRow(goneBefore)).isEqualTo("2 5 44 t");
    assertThat(fileRow(kept)).isEqualTo("2 5 44 f");
    assertThat(
            value(
                database,
                "select string_agg(file_id::text, ',') from file_removals where space_id = '%s'"
                    .formatted(space)))
        .isEqualTo(gone);
    assertThat(push(delete(record, 10))).as("once more").isEqualTo(new Pushed(11));
    assertThat(fileRow(gone)).isEqualTo("10 0 0 t");
  }

  private String file(RecordId owner, boolean deleted) {
    String id = UUID.randomUUID().toString();
    execute(
        database,
        "insert into files (space_id, id, size, wrapped_dek, record_id, cursor, deleted) values"
            + " ('%s', '%s', 5, decode(repeat('00', 44), 'hex'), '%s', 2, %s)"
                .formatted(space, id, owner, deleted));
    return id;
  }

  private String fileRow(String id) {
    return value(
        database,
        "select concat_ws(' ', cursor, size, length(wrapped_dek), deleted) from files"
            + " where space_id = '%s' and id = '%s'".formatted(space, id));
  }

  @Test
  void aHundredThousandChangesAreOnePush() {
    List<RecordChange> changes =
        IntStream.range(0, 100_000).mapToObj(i -> write(new RecordId(new UUID(i, i)), 0)).toList();
    assertThat(pushTo(space, changes)).isEqualTo(new Pushed(1));
    List<RecordChange> deletes = changes.stream().map(change -> delete(change.id(), 1)).toList();
    assertThat(pushTo(space, deletes)).isEqualTo(new Pushed(2));
    assertThat(
            value(
                database,
                "select count(*) from records where deleted and cursor = 2 and space_id = '%s'"
                    .formatted(space)))
        .isEqualTo("100000");
  }

  @Test
  void aDekHasItsForm() {
    WrappedDek negative = dek(-1);
    assertThatThrownBy(() -> new RecordChange(record, null, 0, negative))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new WrappedDek(new byte[43]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(WrappedDek.of(new byte[45])).isEmpty();
    assertThat(new RecordChange(record, null, 0, dek(Integer.MAX_VALUE)).epoch())
        .isEqualTo(Integer.MAX_VALUE);
  }
}
