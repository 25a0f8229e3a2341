package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.quota.StorageQuota.Exceeded;
import dev.betterbase.sync.record.PushOutcome.Conflict;
import dev.betterbase.sync.record.PushOutcome.OverQuota;
import dev.betterbase.sync.record.PushOutcome.Pushed;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.Requests;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What pushes may store (storage.md, Storage quotas). */
@DatabaseTest
class PushQuotaIT {
  private static DataSource database;
  private static Database pool;
  private static RecordStore store;

  private final SpaceId space = new SpaceId(UUID.randomUUID());
  private final String person = Accesses.newCid();

  @BeforeAll
  static void start() {
    database = Databases.migrated();
    pool = new Database(database);
    store = new RecordStore(pool);
  }

  private static StorageQuota ofSpace(long bytes) {
    return new StorageQuota(
        OptionalLong.of(bytes), OptionalLong.empty(), OptionalInt.empty(), Optional.empty());
  }

  private StorageQuota ofPerson(long bytes) {
    return new StorageQuota(
        OptionalLong.empty(), OptionalLong.of(bytes), OptionalInt.empty(), Optional.of(person));
  }

  private static RecordId newId() {
    return new RecordId(UUID.randomUUID());
  }

  private static RecordChange write(RecordId id, int bytes, long expected) {
    return new RecordChange(id, new byte[bytes], expected, new WrappedDek(Requests.dek(1)));
  }

  private static RecordChange delete(RecordId id, long expected) {
    return new RecordChange(id, null, expected, null);
  }

  private PushOutcome push(StorageQuota quota, RecordChange... changes) {
    return push(Accesses.owner(space), quota, changes);
  }

  private static PushOutcome push(Access access, StorageQuota quota, RecordChange... changes) {
    return store.push(new RecordPush(access, List.of(changes), quota)).orFail();
  }

  private static OverQuota over(long limit, long used) {
    return new OverQuota(new Exceeded(limit, used));
  }

  private String used(SpaceId of) {
    return value(database, "select used_bytes from spaces where id = '%s'".formatted(of));
  }

  private SpaceId newSharedSpace(String owner) {
    SpaceId shared = new SpaceId(UUID.randomUUID());
    execute(
        database,
        "insert into spaces (id, client_id, root_public_key, owner_hash) values"
            + " ('%s', 'c', decode(repeat('02', 33), 'hex'), '%s')".formatted(shared, owner));
    return shared;
  }

  @Test
  void aSpaceTakesExactlyItsQuota() {
    RecordId one = newId();
    RecordId two = newId();
    StorageQuota quota = ofSpace(100);
    assertThat(push(quota, write(one, 60, 0))).isEqualTo(new Pushed(1));
    assertThat(push(quota, write(two, 41, 0))).isEqualTo(over(100, 60));
    assertThat(push(quota, write(two, 40, 0))).isEqualTo(new Pushed(2));
    assertThat(push(quota, write(newId(), 1, 0))).isEqualTo(over(100, 100));
    assertThat(push(quota, write(newId(), 0, 0))).isEqualTo(new Pushed(3));
    assertThat(used(space)).isEqualTo("100");
  }

  @Test
  void whatIsOverwrittenOrDeletedMakesRoom() {
    RecordId one = newId();
    RecordId two = newId();
    StorageQuota quota = ofSpace(100);
    push(quota, write(one, 60, 0), write(two, 40, 0));
    assertThat(push(quota, write(one, 10, 1), write(newId(), 50, 0))).isEqualTo(new Pushed(2));
    assertThat(push(quota, delete(two, 1))).isEqualTo(new Pushed(3));
    assertThat(used(space)).isEqualTo("60");
    assertThat(push(quota, write(newId(), 41, 0))).isEqualTo(over(100, 60));
    assertThat(push(quota, write(newId(), 40, 0))).isEqualTo(new Pushed(4));
  }

  @Test
  void aFileCountsUntilItsRecordIsDeleted() {
    RecordId owner = newId();
    push(StorageQuota.NONE, write(owner, 10, 0));
    execute(
        database,
        "insert into files (space_id, id, size, wrapped_dek, record_id) values"
            + " ('%s', gen_random_uuid(), 80, decode(repeat('00', 44), 'hex'), '%s')"
                .formatted(space, owner));
    StorageQuota quota = ofSpace(100);
    assertThat(push(quota, write(newId(), 11, 0))).isEqualTo(over(100, 90));
    assertThat(push(quota, delete(owner, 1), write(newId(), 100, 0))).isEqualTo(new Pushed(2));
    assertThat(used(space)).isEqualTo("100");
  }

  @Test
  void aSpaceThatIsOverItsQuotaMayShrink() {
    RecordId one = newId();
    RecordId two = newId();
    push(StorageQuota.NONE, write(one, 500, 0), write(two, 500, 0));
    StorageQuota quota = ofSpace(100);
    assertThat(push(quota, write(one, 501, 1))).isEqualTo(over(100, 1_000));
    assertThat(push(quota, write(one, 400, 1))).isEqualTo(new Pushed(2));
    assertThat(push(quota, delete(two, 1))).isEqualTo(new Pushed(3));
    assertThat(used(space)).isEqualTo("400");
  }

  @Test
  void aConflictIsToldBeforeAQuota() {
    RecordId one = newId();
    push(ofSpace(10), write(one, 5, 0));
    assertThat(push(ofSpace(10), write(one, 50, 7))).isEqualTo(new Conflict());
  }

  @Test
  void whatIsWrittenWithoutAQuotaIsCountedLater() {
    RecordId one = newId();
    push(ofSpace(100), write(one, 60, 0));
    push(StorageQuota.NONE, write(newId(), 30, 0));
    assertThat(used(space)).isEqualTo("null");
    assertThat(push(ofSpace(100), write(newId(), 11, 0))).isEqualTo(over(100, 90));
    assertThat(push(ofSpace(100), write(newId(), 10, 0))).isEqualTo(new Pushed(3));
  }

  @Test
  void aPersonHasOneQuotaForAllSpaces() {
    StorageQuota quota = ofPerson(100);
    SpaceId shared = newSharedSpace(person);
    assertThat(push(quota, write(newId(), 40, 0))).isEqualTo(new Pushed(1));
    // By a peer's member, whom this server does not know.
    StorageQuota foreign =
        new StorageQuota(
            OptionalLong.empty(), OptionalLong.of(100), OptionalInt.empty(), Optional.empty());
    assertThat(push(Accesses.member(shared), foreign, write(newId(), 61, 0)))
        .isEqualTo(over(100, 40));
    assertThat(push(Accesses.member(shared), foreign, write(newId(), 60, 0)))
        .isEqualTo(new Pushed(1));
    assertThat(push(quota, write(newId(), 1, 0))).isEqualTo(over(100, 100));
    assertThat(
            push(Accesses.member(newSharedSpace(Accesses.newCid())), quota, write(newId(), 99, 0)))
        .as("the space of another person")
        .isEqualTo(new Pushed(1));
  }

  /** Within a step, a space grows without a look at the others. The quota holds all the same. */
  @Test
  void aPersonsQuotaIsCountedInStepsForEachSpace() {
    int step = 100;
    int limit = 65_536 * step;
    StorageQuota quota = ofPerson(limit);
    SpaceId shared = newSharedSpace(person);
    assertThat(push(quota, write(newId(), 1, 0))).isEqualTo(new Pushed(1));
    assertThat(push(Accesses.member(shared), quota, write(newId(), limit - step, 0)))
        .isEqualTo(new Pushed(1));
    assertThat(push(Accesses.member(shared), quota, write(newId(), 1, 0)))
        .isEqualTo(over(limit, limit - step + 1));
    assertThat(push(quota, write(newId(), step - 1, 0))).isEqualTo(new Pushed(2));
    assertThat(push(quota, write(newId(), 1, 0))).isEqualTo(over(limit, limit));
  }

  @Test
  void anotherKeyForPseudonymsCountsThePersonalSpaceAnew() {
    push(ofPerson(100), write(newId(), 40, 0));
    String another = Accesses.newCid();
    StorageQuota quota =
        new StorageQuota(
            OptionalLong.empty(), OptionalLong.of(100), OptionalInt.empty(), Optional.of(another));
    push(quota, write(newId(), 1, 0));
    assertThat(value(database, "select owner_hash from spaces where id = '%s'".formatted(space)))
        .isEqualTo(another);
    assertThat(push(quota, write(newId(), 60, 0))).isEqualTo(over(100, 41));
  }

  @Test
  void ofManyPushesAtOnceExactlyAsManyPassAsThereIsRoom() throws Exception {
    assertThat(passedOf(16, i -> Accesses.owner(space), ofSpace(70))).isEqualTo(7);
    assertThat(used(space)).isEqualTo("70");
  }

  @Test
  void aPersonsQuotaHoldsWhileManySpacesAreWrittenAtOnce() throws Exception {
    List<SpaceId> spaces = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      spaces.add(newSharedSpace(person));
    }
    execute(database, "update spaces set used_bytes = 0 where owner_hash = '%s'".formatted(person));
    assertThat(passedOf(16, i -> Accesses.member(spaces.get(i)), ofPerson(70))).isEqualTo(7);
    assertThat(
            value(
                database,
                "select sum(used_bytes) from spaces where owner_hash = '%s'".formatted(person)))
        .isEqualTo("70");
  }

  /** In a group, and alone if a lock is taken, as the server does. */
  private static PushOutcome pushInGroup(Access access, StorageQuota quota) {
    RecordPush push = new RecordPush(access, List.of(write(newId(), 10, 0)), quota);
    return store
        .pushTogether(pool, List.of(push))
        .getFirst()
        .orElseGet(() -> store.push(push))
        .orFail();
  }

  /** Of so many pushes of ten bytes at once, the number that passed. */
  private static int passedOf(int count, IntFunction<Access> access, StorageQuota quota)
      throws Exception {
    var together = new CyclicBarrier(count);
    List<Future<PushOutcome>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
      for (int i = 0; i < count; i++) {
        Access each = access.apply(i);
        running.add(
            threads.submit(
                () -> {
                  together.await(60, TimeUnit.SECONDS);
                  return pushInGroup(each, quota);
                }));
      }
    }
    int passed = 0;
    for (Future<PushOutcome> each : running) {
      PushOutcome outcome = each.get(60, TimeUnit.SECONDS);
      if (outcome instanceof Pushed) {
        passed++;
      } else {
        assertThat(outcome).isInstanceOf(OverQuota.class);
      }
    }
    return passed;
  }
}
