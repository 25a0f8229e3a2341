package dev.betterbase.sync.space;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.SpaceStore.Creation;
import dev.betterbase.sync.storage.StorageException;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.AwayDatabase;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.JpaProvider;
import dev.betterbase.sync.testing.SpreadDatabases;
import java.util.ArrayList;
import java.util.Arrays;
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
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A person's quota of shared spaces where they are spread over two databases. */
@DatabaseTest
class CountedSpacesIT {
  private static final byte[] ROOT_KEY = Arrays.copyOf(new byte[] {2}, 33);

  private static SpreadDatabases databases;
  private static SpaceStore store;

  private final String person = Accesses.newCid();

  @BeforeAll
  static void start() {
    databases = SpreadDatabases.of(2);
    store = store(databases.sources());
  }

  private static SpaceStore store(List<DataSource> sources) {
    return new SpaceStore(
        SpreadDatabases.node(sources), JpaProvider.HIBERNATE.entities(sources.getFirst()));
  }

  private StorageQuota quota(int spaces) {
    return new StorageQuota(
        OptionalLong.empty(), OptionalLong.empty(), OptionalInt.of(spaces), Optional.of(person));
  }

  private static SpaceId newId() {
    return new SpaceId(UUID.randomUUID());
  }

  private Creation create(SpaceId id, int atMost) {
    return store.create(id, "client", ROOT_KEY, null, quota(atMost));
  }

  private static Creation over(long limit, long used) {
    return new Creation.OverQuota(new StorageQuota.Exceeded(limit, used));
  }

  /** An id for which this database is chosen. */
  private static SpaceId idIn(int number) {
    return Stream.generate(CountedSpacesIT::newId)
        .filter(id -> databases.node().ofNew(id).number() == number)
        .findFirst()
        .orElseThrow();
  }

  private String counted() {
    return value(
        databases.get(1),
        "select count(*) from person_spaces where owner_hash = '%s'".formatted(person));
  }

  /** What was counted until now cannot be on its way any more. */
  private void aDayPasses() {
    execute(
        databases.get(1),
        "update person_spaces set since = since - interval '1 day' where owner_hash = '%s'"
            .formatted(person));
  }

  @Test
  void spacesInBothDatabasesCount() {
    SpaceId second = idIn(2);
    assertThat(create(idIn(1), 2)).isEqualTo(new Creation.Created());
    assertThat(create(second, 2)).isEqualTo(new Creation.Created());
    for (int number = 1; number <= 2; number++) {
      assertThat(create(idIn(number), 2)).isEqualTo(over(2, 2));
    }
    assertThat(
            value(
                databases.get(2),
                "select owner_hash from spaces where id = '%s'".formatted(second)))
        .isEqualTo(person);
  }

  @Test
  void ofManyCreationsAtOnceExactlyAsManyPassAsTheQuotaAllows() throws Exception {
    int count = 12;
    var together = new CyclicBarrier(count);
    List<Future<Creation>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
      for (int i = 0; i < count; i++) {
        SpaceId id = idIn(i % 2 + 1);
        running.add(
            threads.submit(
                () -> {
                  together.await(60, TimeUnit.SECONDS);
                  return create(id, 5);
                }));
      }
    }
    int created = 0;
    for (Future<Creation> each : running) {
      Creation outcome = each.get(60, TimeUnit.SECONDS);
      if (outcome instanceof Creation.Created) {
        created++;
      } else {
        assertThat(outcome).isEqualTo(over(5, 5));
      }
    }
    assertThat(created).isEqualTo(5);
  }

  @Test
  void anIdThatIsTakenDoesNotCount() {
    SpaceId taken = idIn(2);
    assertThat(store.create(taken, "client", ROOT_KEY, null, StorageQuota.NONE))
        .isEqualTo(new Creation.Created());
    assertThat(create(taken, 1)).isEqualTo(new Creation.Taken());
    assertThat(counted()).isEqualTo("0");
    assertThat(create(idIn(2), 1)).isEqualTo(new Creation.Created());
  }

  /** The server stopped between the count and the creation. */
  @Test
  void aCreationThatFailedCountsUntilItCannotBeOnItsWay() {
    SpaceId failed = idIn(2);
    execute(databases.get(1), "select count_space('%s', '%s', 1)".formatted(failed, person));
    assertThat(create(idIn(1), 1)).isEqualTo(over(1, 1));
    aDayPasses();
    assertThat(create(idIn(1), 1)).isEqualTo(new Creation.Created());
    assertThat(create(failed, 1)).isEqualTo(over(1, 1));
  }

  @Test
  void aCreationThatIsTriedAgainCountsOnce() {
    SpaceId failed = idIn(2);
    execute(databases.get(1), "select count_space('%s', '%s', 1)".formatted(failed, person));
    assertThat(create(failed, 1)).isEqualTo(new Creation.Created());
    assertThat(counted()).isEqualTo("1");
  }

  @Test
  void aSpaceThatWasDeletedMakesRoom() {
    SpaceId deleted = idIn(2);
    create(deleted, 1);
    aDayPasses();
    assertThat(create(idIn(1), 1)).isEqualTo(over(1, 1));
    execute(databases.get(2), "delete from spaces where id = '%s'".formatted(deleted));
    assertThat(create(idIn(1), 1)).isEqualTo(new Creation.Created());
  }

  @Test
  void aSpaceThatWasMadeWhileThereWasOneDatabaseCounts() {
    execute(
        databases.get(1),
        "insert into spaces (id, client_id, root_public_key, owner_hash) values"
            + " (gen_random_uuid(), 'c', decode(repeat('02', 33), 'hex'), '%s')".formatted(person));
    assertThat(create(idIn(2), 1)).isEqualTo(over(1, 1));
    assertThat(create(idIn(2), 2)).isEqualTo(new Creation.Created());
  }

  @Test
  void whileADatabaseIsAwaySpacesAreMadeInTheOther() {
    create(idIn(2), 2);
    SpaceStore alone = store(List.of(databases.get(1), new AwayDatabase()));
    assertThat(alone.create(idIn(1), "client", ROOT_KEY, null, quota(2)))
        .isEqualTo(new Creation.Created());
    aDayPasses();
    assertThatThrownBy(() -> alone.create(idIn(1), "client", ROOT_KEY, null, quota(2)))
        .as("what counts there may have been deleted")
        .isInstanceOf(StorageException.class);
    assertThat(create(idIn(1), 2)).isEqualTo(over(2, 2));
  }
}
