package dev.betterbase.sync.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Replicas;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.DistributionPostgres;
import dev.betterbase.sync.testing.StandbyPair;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Pulls that go on at a streaming replica. It needs the programs of a distribution, such as
 * Debian's postgresql-15. The last test makes the replica a primary.
 */
@DatabaseTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@NullUnmarked
class ReplicaReaderIT {
  private static final int MIB = 1024 * 1024;

  private static StandbyPair pair;
  private static Database primary;
  private static PullReader reader;
  private static RecordStore store;

  private final SpaceId space = new SpaceId(UUID.randomUUID());
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AtomicLong clock = new AtomicLong();
  private final ReplicaReader replicas =
      new ReplicaReader(primary, new Replicas(pair.standbyDatabase(), clock::get, meters));
  private final ReplicaReader.Mark mark = new ReplicaReader.Mark();
  private final Rows rows = new Rows();

  /** Keeps the ids of the records. */
  private static final class Rows implements PullSink {
    final List<RecordId> ids = new ArrayList<>();

    @Override
    public void space(long cursor, int keyGeneration, OptionalInt rewrapEpoch) {}

    @Override
    public void record(
        RecordId id, byte @Nullable [] blob, long cursor, byte @Nullable [] dek, boolean deleted) {
      ids.add(id);
    }

    @Override
    public void membership(long cursor, MembershipEntry entry) {
      throw new AssertionError(entry);
    }

    @Override
    public void file(
        UUID id, RecordId record, long size, byte[] dek, long cursor, boolean deleted) {
      throw new AssertionError(id);
    }
  }

  @BeforeAll
  static void start() throws Exception {
    assumeThat(DistributionPostgres.programs()).isPresent();
    pair = StandbyPair.start();
    new SchemaMigration(pair.primaryDatabase()).migrate();
    primary = new Database(pair.primaryDatabase());
    reader = new PullReader(primary);
    store = new RecordStore(primary);
  }

  @AfterAll
  static void stop() {
    if (pair != null) {
      pair.close();
    }
  }

  @Test
  @Order(1)
  void aReplicaThatHasReplayedAllContinues() {
    List<RecordId> pushed = push(Accesses.owner(space));
    PullBatch first = first(Accesses.owner(space));
    await().until(() -> next(Accesses.owner(space), first).isPresent());

    assertThat(rows.ids).containsExactlyInAnyOrderElementsOf(pushed);
    assertThat(asked("read")).isEqualTo(1);
    assertThat(asked("failed")).isZero();
  }

  @Test
  @Order(2)
  void aReplicaThatIsBehindIsNotUsed() {
    pair.pauseReplay();
    try {
      push(Accesses.owner(space));
      PullBatch first = first(Accesses.owner(space));
      assertThat(next(Accesses.owner(space), first)).isEmpty();
      assertThat(rows.ids).hasSize(1);
      assertThat(asked("behind")).isEqualTo(1);
    } finally {
      pair.resumeReplay();
    }
  }

  @Test
  @Order(3)
  void aRevocationHoldsBeforeTheReplicaKnowsOfIt() {
    Databases.execute(
        pair.primaryDatabase(),
        "insert into spaces (id, client_id, root_public_key) values ('%s', 'client', '')"
            .formatted(space));
    String cid = Accesses.newCid();
    Access member = Accesses.member(space, cid);
    push(member);
    PullBatch first = first(member);
    pair.pauseReplay();
    try {
      Databases.execute(
          pair.primaryDatabase(),
          "insert into revocations (space_id, ucan_cid) values ('%s', '%s')".formatted(space, cid));
      assertThatThrownBy(() -> next(member, first)).isInstanceOf(Failure.Forbidden.class);
      assertThat(rows.ids).hasSize(1);
    } finally {
      pair.resumeReplay();
    }
  }

  @Test
  @Order(4)
  void aReplicaThatHasBecomeAPrimaryIsNotUsed() throws Exception {
    push(Accesses.owner(space));
    PullBatch first = first(Accesses.owner(space));
    pair.promoteStandby();

    assertThat(next(Accesses.owner(space), first)).isEmpty();
    assertThat(asked("failed")).isEqualTo(1);
    assertThat(replicas.firstBytes(Accesses.owner(space), MIB)).isEqualTo(MIB);
    clock.addAndGet(Duration.ofSeconds(30).toNanos());
    assertThat(replicas.firstBytes(Accesses.owner(space), MIB)).isLessThan(MIB);
    assertThat(next(Accesses.owner(space), first)).isEmpty();
    assertThat(rows.ids).hasSize(1);
  }

  /** Two records under one cursor. */
  private List<RecordId> push(Access access) {
    List<RecordId> ids = List.of(new RecordId(UUID.randomUUID()), new RecordId(UUID.randomUUID()));
    store
        .push(
            new RecordPush(
                access,
                ids.stream().map(id -> new RecordChange(id, new byte[100], 0, null)).toList(),
                StorageQuota.NONE))
        .orFail();
    return ids;
  }

  /** The first batch, with one record. */
  private PullBatch first(Access access) {
    PullBatch first = reader.firstBatch(access, 0, 1, rows).orElseThrow();
    assertThat(first.rows()).isEqualTo(1);
    assertThat(first.complete()).isFalse();
    return first;
  }

  private Optional<PullBatch> next(Access access, PullBatch after) {
    return replicas.nextBatch(mark, access, after.next(), 1, true, MIB, rows);
  }

  private double asked(String outcome) {
    return meters
        .get("betterbase.database.replica.reads")
        .tag("outcome", outcome)
        .counter()
        .count();
  }
}
