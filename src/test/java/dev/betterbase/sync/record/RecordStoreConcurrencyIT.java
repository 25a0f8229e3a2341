package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.record.PushOutcome.Conflict;
import dev.betterbase.sync.record.PushOutcome.Pushed;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.PooledConnection;
import dev.betterbase.sync.testing.Requests;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Pushes of several nodes to one space at the same time. */
@DatabaseTest
class RecordStoreConcurrencyIT {
  private static final DataSource DATABASE = Databases.migrated();

  private final SpaceId space = new SpaceId(UUID.randomUUID());

  private static RecordChange write(RecordId id, long expected) {
    return new RecordChange(id, new byte[] {1, 2, 3}, expected, new WrappedDek(Requests.dek(1)));
  }

  private static PushOutcome pushBy(RecordStore store, SpaceId space, List<RecordChange> changes) {
    return store.push(new RecordPush(Accesses.owner(space), changes, StorageQuota.NONE)).orFail();
  }

  @Test
  void ofManyPushesToOneRecordExactlyOneWins() throws Exception {
    RecordId record = new RecordId(UUID.randomUUID());
    int pushers = 16;
    int rounds = 30;
    CyclicBarrier round = new CyclicBarrier(pushers);
    List<List<PushOutcome>> outcomes =
        inParallel(
            pushers,
            own -> {
              List<PushOutcome> mine = new ArrayList<>();
              for (int i = 0; i < rounds; i++) {
                round.await(60, TimeUnit.SECONDS);
                mine.add(pushBy(own, space, List.of(write(record, i))));
              }
              return mine;
            });
    for (int i = 0; i < rounds; i++) {
      int at = i;
      assertThat(outcomes)
          .as("round %d", i)
          .extracting(mine -> mine.get(at))
          .containsOnlyOnce(new Pushed(i + 1))
          .containsOnly(new Pushed(i + 1), new Conflict());
    }
  }

  @Test
  void cursorsIncreaseStrictlyAndBecomeVisibleInOrder() throws Exception {
    int pushers = 6;
    int each = 100;
    pushBy(new RecordStore(new Database(DATABASE)), space, List.of());
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Future<Integer> watcher = threads.submit(() -> watch(done));
      List<List<PushOutcome>> outcomes =
          inParallel(
              pushers,
              own -> {
                List<PushOutcome> mine = new ArrayList<>();
                for (int i = 0; i < each; i++) {
                  RecordChange fresh = write(new RecordId(UUID.randomUUID()), 0);
                  mine.add(pushBy(own, space, List.of(fresh)));
                }
                return mine;
              });
      done.set(true);
      assertThat(watcher.get(60, TimeUnit.SECONDS)).as("looks").isPositive();
      Set<PushOutcome> expected = new HashSet<>();
      LongStream.rangeClosed(1, (long) pushers * each).forEach(i -> expected.add(new Pushed(i)));
      assertThat(outcomes.stream().flatMap(List::stream))
          .containsExactlyInAnyOrderElementsOf(expected);
      for (List<PushOutcome> mine : outcomes) {
        assertThat(mine)
            .isSortedAccordingTo(java.util.Comparator.comparing(o -> ((Pushed) o).cursor()));
      }
    }
  }

  // Each push writes one new record, so whoever reads cursor N must then find N records up to it.
  private int watch(AtomicBoolean done) throws Exception {
    PooledConnection pool = new PooledConnection(DATABASE);
    int looks = 0;
    try (var connection = pool.physical()) {
      while (!done.get()) {
        long cursor =
            Long.parseLong(
                value(pool, "select cursor from spaces where id = '%s'".formatted(space)));
        assertThat(
                value(
                    pool,
                    "select count(*) from records where space_id = '%s' and cursor <= %d"
                        .formatted(space, cursor)))
            .isEqualTo(Long.toString(cursor));
        looks++;
      }
      assertThat(connection.isClosed()).isFalse();
    }
    return looks;
  }

  @Test
  void firstPushesAtOnceMakeTheSpaceOnce() throws Exception {
    List<List<PushOutcome>> outcomes =
        inParallel(
            8,
            own -> List.of(pushBy(own, space, List.of(write(new RecordId(UUID.randomUUID()), 0)))));
    assertThat(outcomes.stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(
            LongStream.rangeClosed(1, 8).mapToObj(Pushed::new).toList());
  }

  private interface Pusher {
    List<PushOutcome> push(RecordStore own) throws Exception;
  }

  private static List<List<PushOutcome>> inParallel(int threads, Pusher pusher) throws Exception {
    CyclicBarrier start = new CyclicBarrier(threads);
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<List<PushOutcome>>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(
            executor.submit(
                () -> {
                  PooledConnection pool = new PooledConnection(DATABASE);
                  try (var connection = pool.physical()) {
                    start.await(60, TimeUnit.SECONDS);
                    List<PushOutcome> mine = pusher.push(new RecordStore(new Database(pool)));
                    assertThat(connection.isClosed()).isFalse();
                    return mine;
                  }
                }));
      }
      List<List<PushOutcome>> all = new ArrayList<>();
      for (Future<List<PushOutcome>> mine : running) {
        all.add(mine.get(120, TimeUnit.SECONDS));
      }
      return all;
    }
  }
}
