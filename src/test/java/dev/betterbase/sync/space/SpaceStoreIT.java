package dev.betterbase.sync.space;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.SpaceStore.Creation;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.StorageException;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.JpaProvider;
import dev.betterbase.sync.testing.PooledConnection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@DatabaseTest
@NullUnmarked
@ParameterizedClass
@Execution(ExecutionMode.CONCURRENT)
@EnumSource
class SpaceStoreIT {
  private static final byte[] ROOT_KEY = Arrays.copyOf(new byte[] {2}, 33);

  /** For both providers at once: each test uses ids of its own. */
  private static final DataSource DATABASE = Databases.migrated();

  private final JpaProvider provider;
  private final SpaceStore store;
  private final SpaceId id = new SpaceId(UUID.randomUUID());

  SpaceStoreIT(JpaProvider provider) {
    this.provider = provider;
    this.store = new SpaceStore(new Database(DATABASE), provider.entities(DATABASE));
  }

  private Creation create(SpaceId id, String client, @Nullable String home) {
    return store.create(id, client, ROOT_KEY, home, StorageQuota.NONE);
  }

  @Test
  void createsASharedSpaceOnce() {
    assertThat(create(id, "client", null)).isEqualTo(new Creation.Created());
    assertThat(create(id, "other", "peer.example")).isEqualTo(new Creation.Taken());

    Space space = store.findAll(List.of(id)).found().get(id);
    assertThat(space.personal()).isFalse();
    assertThat(space.rootPublicKey()).hasValue(ROOT_KEY);
    assertThat(space.keyGeneration()).isEqualTo(1);
    assertThat(space.minKeyGeneration()).isEqualTo(1);
    assertThat(space.metadataVersion()).isZero();
    assertThat(space.cursor()).isZero();
    assertThat(space.rewrapEpoch()).isEmpty();
    assertThat(space.homeServer()).isEmpty();
  }

  @Test
  void keepsTheHomeServer() {
    assertThat(create(id, "client", "peer.example")).isEqualTo(new Creation.Created());
    assertThat(store.find(id).orElseThrow().homeServer()).hasValue("peer.example");
  }

  @Test
  void findsTheSameByEntityAndByStatement() {
    assertThat(store.find(id)).isEmpty();
    assertThat(store.findAll(List.of(id)).found()).isEmpty();
    execute(
        DATABASE,
        "insert into spaces (id, client_id, key_generation, min_key_generation, metadata_version,"
            + " cursor, rewrap_epoch, home_server) values ('"
            + id
            + "', 'c', 5, 4, 3, 1234567890123, 6, 'peer.example')");
    for (Space space :
        List.of(store.find(id).orElseThrow(), store.findAll(List.of(id)).found().get(id))) {
      assertThat(space.id()).isEqualTo(id);
      assertThat(space.personal()).isTrue();
      assertThat(space.rootPublicKey()).isEmpty();
      assertThat(space.keyGeneration()).isEqualTo(5);
      assertThat(space.minKeyGeneration()).isEqualTo(4);
      assertThat(space.metadataVersion()).isEqualTo(3);
      assertThat(space.cursor()).isEqualTo(1234567890123L);
      assertThat(space.rewrapEpoch()).hasValue(6);
      assertThat(space.homeServer()).hasValue("peer.example");
    }
  }

  @Test
  void anEntityIsReadAnewWhenARowChangesBesideIt() {
    store.open(new Access.Owner(id, "client")).orFail();
    assertThat(store.find(id).orElseThrow().cursor()).isZero();
    execute(DATABASE, "update spaces set cursor = 9 where id = '" + id + "'");
    assertThat(store.find(id).orElseThrow().cursor()).isEqualTo(9);
  }

  @Test
  void makesAPersonalSpaceOnFirstUse() {
    Space made = store.open(new Access.Owner(id, "client")).orFail();
    assertThat(made.id()).isEqualTo(id);
    assertThat(made.personal()).isTrue();
    assertThat(made.keyGeneration()).isEqualTo(1);
    execute(DATABASE, "update spaces set cursor = 3 where id = '" + id + "'");
    assertThat(store.open(new Access.Owner(id, "another")).orFail().cursor()).isEqualTo(3);
    assertThat(value(DATABASE, "select client_id from spaces where id = '" + id + "'"))
        .isEqualTo("client");
  }

  @Test
  void aSpaceWithARootKeyIsNobodysPersonalSpace() {
    create(id, "client", null);
    assertThat(store.open(Accesses.owner(id))).isEqualTo(new Entry.Forbidden<>());
  }

  @Test
  void readsManySpacesAndMakesThePersonalOneAmongThem() {
    SpaceId shared = new SpaceId(UUID.randomUUID());
    SpaceId absent = new SpaceId(UUID.randomUUID());
    create(shared, "client", null);
    String cid = Accesses.newCid();
    execute(
        DATABASE,
        "insert into revocations (space_id, ucan_cid) values ('%s', '%s')".formatted(shared, cid));
    List<Entry<Space>> spaces =
        store.openAll(
            List.of(
                Accesses.member(shared),
                Accesses.member(absent),
                Accesses.owner(id),
                Accesses.member(id),
                Accesses.member(shared, Accesses.newCid(), cid),
                Accesses.owner(shared),
                Accesses.member(shared)));
    assertThat(spaces.get(0).orFail().rootPublicKey()).hasValue(ROOT_KEY);
    assertThat(spaces.get(1)).isEqualTo(new Entry.NotFound<>());
    assertThat(spaces.get(2).orFail().personal()).isTrue();
    assertThat(spaces.subList(3, 6)).as("no way in").containsOnly(new Entry.Forbidden<>());
    assertThat(spaces.get(6).orFail().id()).isEqualTo(shared);
    assertThat(store.openAll(List.of())).isEmpty();
    assertThat(store.findAll(List.of()).found()).isEmpty();
  }

  @Test
  void readsCursors() {
    SpaceId absent = new SpaceId(UUID.randomUUID());
    store.open(new Access.Owner(id, "client")).orFail();
    execute(DATABASE, "update spaces set cursor = 42 where id = '" + id + "'");
    assertThat(store.cursors(List.of(id, absent)).found()).containsExactly(Map.entry(id, 42L));
    assertThat(store.cursors(List.of()).found()).isEmpty();
  }

  @Test
  void callersAtOnceGetTheOnePersonalSpace() throws Exception {
    int callers = 8;
    int rounds = 40;
    CyclicBarrier round = new CyclicBarrier(callers);
    List<SpaceId> ids = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      ids.add(new SpaceId(UUID.randomUUID()));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
      List<Future<List<Space>>> running = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        String client = "client-" + i;
        running.add(threads.submit(() -> openAll(round, ids, client)));
      }
      for (Future<List<Space>> spaces : running) {
        assertThat(spaces.get(120, TimeUnit.SECONDS)).extracting(Space::id).isEqualTo(ids);
      }
    }
  }

  private static List<Space> openAll(CyclicBarrier round, List<SpaceId> ids, String client)
      throws Exception {
    PooledConnection pool = new PooledConnection(DATABASE);
    try (var connection = pool.physical()) {
      SpaceStore own = new SpaceStore(new Database(pool), null);
      List<Space> opened = new ArrayList<>();
      for (SpaceId id : ids) {
        round.await(60, TimeUnit.SECONDS);
        opened.add(own.open(new Access.Owner(id, client)).orFail());
      }
      assertThat(connection.isClosed()).isFalse();
      return opened;
    }
  }

  @Test
  void anEntityManagerThatLosesTheDatabaseThrowsAStorageException() throws Exception {
    PooledConnection pool = new PooledConnection(DATABASE);
    SpaceStore losing = new SpaceStore(new Database(pool), provider.entities(pool));
    assertThat(losing.find(id)).isEmpty();
    pool.physical().close();
    assertThatThrownBy(() -> losing.find(id))
        .isInstanceOf(StorageException.class)
        .hasMessage("find space failed, SQLSTATE 08003");
  }

  @Test
  void noStatementRunsForEver() {
    Database impatient = new Database(DATABASE);
    assertThatThrownBy(
            () ->
                impatient.run(
                    "sleep",
                    connection -> {
                      try (var statement =
                          impatient.statement(connection, "select pg_sleep(3600)", 1)) {
                        return statement.execute();
                      }
                    }))
        .isInstanceOf(StorageException.class)
        .hasMessage("sleep failed, SQLSTATE 57014");
  }

  @Test
  void aPersonCreatesAsManySpacesAsTheQuotaAllows() {
    StorageQuota quota =
        new StorageQuota(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalInt.of(2),
            Optional.of(Accesses.newCid()));
    assertThat(create(quota)).isEqualTo(new Creation.Created());
    assertThat(create(quota)).isEqualTo(new Creation.Created());
    assertThat(create(quota)).isEqualTo(new Creation.OverQuota(new StorageQuota.Exceeded(2, 2)));
    assertThat(create(StorageQuota.NONE)).isEqualTo(new Creation.Created());
  }

  private Creation create(StorageQuota quota) {
    return store.create(new SpaceId(UUID.randomUUID()), "client", ROOT_KEY, null, quota);
  }
}
