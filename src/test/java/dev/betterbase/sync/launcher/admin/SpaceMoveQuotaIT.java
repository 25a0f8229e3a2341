package dev.betterbase.sync.launcher.admin;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.launcher.admin.SpaceMoveContract.Stop;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.quota.StorageQuota.Exceeded;
import dev.betterbase.sync.record.PushNode;
import dev.betterbase.sync.record.PushOutcome;
import dev.betterbase.sync.record.PushOutcome.OverQuota;
import dev.betterbase.sync.record.PushOutcome.Pushed;
import dev.betterbase.sync.record.RecordChange;
import dev.betterbase.sync.record.RecordPush;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SpreadDatabases;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a space counts for the quota of its owner while it moves between databases. */
@DatabaseTest
class SpaceMoveQuotaIT {
  private static final SpreadDatabases DATABASES = SpreadDatabases.of(2);
  private static final PushNode PUSHES = new PushNode(DATABASES.node());

  private final String person = Accesses.newCid();
  private final SpaceId moving = DATABASES.sharedSpace(1, person);
  private final Access inFirst = Accesses.member(DATABASES.sharedSpace(1, person));
  private final Access inSecond = Accesses.member(DATABASES.sharedSpace(2, person));

  private PushOutcome push(Access access, long limit, RecordChange change) {
    StorageQuota quota =
        new StorageQuota(
            OptionalLong.empty(), OptionalLong.of(limit), OptionalInt.empty(), Optional.of(person));
    return PUSHES.push(new RecordPush(access, List.of(change), quota));
  }

  private PushOutcome push(Access access, long limit, int bytes) {
    return push(access, limit, write(new RecordId(UUID.randomUUID()), bytes, 0));
  }

  private static RecordChange write(RecordId id, int bytes, long expected) {
    return new RecordChange(id, new byte[bytes], expected, new WrappedDek(Requests.dek(1)));
  }

  private static OverQuota over(long limit, long used) {
    return new OverQuota(new Exceeded(limit, used));
  }

  private SpaceMove moveTo(int number) throws SQLException {
    return new SpaceMove(DATABASES.sources(), moving, number, MoveLimits.USUAL);
  }

  private void move(int number) {
    assertThat(MoveResult.of(DATABASES.sources(), moving, number).cleared()).isTrue();
  }

  @Test
  void aSpaceMovesThereAndBackWhereTheQuotaIsUsedUp() {
    RecordId record = new RecordId(UUID.randomUUID());
    push(Accesses.member(moving), 100, write(record, 60, 0));
    push(inFirst, 100, 40);
    for (int to : List.of(2, 1, 2)) {
      move(to);
      for (Access each : List.of(inFirst, inSecond, Accesses.member(moving))) {
        assertThat(push(each, 100, 1)).as("in database " + to).isEqualTo(over(100, 100));
      }
    }
    assertThat(push(Accesses.member(moving), 100, new RecordChange(record, null, 1, null)))
        .isEqualTo(new Pushed(2));
    assertThat(push(inFirst, 100, 61)).isEqualTo(over(100, 40));
    assertThat(push(inFirst, 100, 60)).isInstanceOf(Pushed.class);
    assertThat(push(inSecond, 100, 1)).isEqualTo(over(100, 100));
  }

  /** The bytes that a space takes along are free for nobody. */
  @ParameterizedTest
  @EnumSource
  void afterACommandThatDiesThereIsAsMuchRoomAsBefore(Stop stop) throws SQLException {
    push(Accesses.member(moving), 1_600, 600);
    try (SpaceMove move = moveTo(2)) {
      SpaceMoveContract.run(move, stop);
    }
    assertThereIsRoomFor(1_000);
    move(2);
    assertThat(push(inFirst, 1_600, 1)).isEqualTo(over(1_600, 1_600));
    assertThat(push(inSecond, 1_600, 1)).isEqualTo(over(1_600, 1_600));
  }

  /** Also between two steps of a command that goes on afterwards. */
  @ParameterizedTest
  @EnumSource
  void whileASpaceMovesThereIsAsMuchRoomAsBefore(Stop stop) throws SQLException {
    push(Accesses.member(moving), 1_600, 600);
    try (SpaceMove move = moveTo(2)) {
      SpaceMoveContract.run(move, stop);
      assertThereIsRoomFor(1_000);
    }
  }

  private void assertThereIsRoomFor(int bytes) {
    assertThat(push(inSecond, 1_600, bytes + 1)).isEqualTo(over(1_600, 600));
    assertThat(push(inFirst, 1_600, bytes + 1)).isEqualTo(over(1_600, 600));
    assertThat(push(inFirst, 1_600, bytes / 2)).isInstanceOf(Pushed.class);
    assertThat(push(inSecond, 1_600, bytes / 2)).isInstanceOf(Pushed.class);
    assertThat(push(inFirst, 1_600, 1)).isEqualTo(over(1_600, 1_600));
    assertThat(push(inSecond, 1_600, 1)).isEqualTo(over(1_600, 1_600));
  }

  @Test
  void nothingIsLeftOfACountInTheOldDatabase() {
    push(Accesses.member(moving), 1_600, 600);
    move(2);
    String row =
        "select concat_ws(' ', elsewhere, owner_hash, used_bytes) from spaces where id = '%s'";
    assertThat(value(DATABASES.get(1), row.formatted(moving))).isEqualTo("left");
    assertThat(value(DATABASES.get(2), row.formatted(moving))).isEqualTo(person + " 600");
    assertThat(
            value(
                DATABASES.get(1),
                "select owner_hash from person_spaces where id = '%s'".formatted(moving)))
        .as("was made while there was one database")
        .isEqualTo(person);
  }

  @Test
  void aSpaceThatCountsForNobodyMovesAsBefore() {
    push(Accesses.member(moving), 1_600, 600);
    execute(
        DATABASES.get(1), "update spaces set owner_hash = null where id = '%s'".formatted(moving));
    move(2);
    String row = "select concat_ws(' ', elsewhere, used_bytes) from spaces where id = '%s'";
    assertThat(value(DATABASES.get(1), row.formatted(moving))).isEqualTo("left");
    assertThat(value(DATABASES.get(2), row.formatted(moving))).isEqualTo("600");
  }

  @Test
  void theQuotaHoldsWhileSpacesAreWrittenAndOneMoves() throws Exception {
    AtomicBoolean running = new AtomicBoolean(true);
    List<Access> all = List.of(inFirst, inSecond, Accesses.member(moving));
    try (ExecutorService threads = Executors.newFixedThreadPool(all.size())) {
      List<Future<?>> work = new ArrayList<>();
      for (Access each : all) {
        work.add(threads.submit(() -> writeAndDelete(each, running)));
      }
      try {
        move(2);
        move(1);
      } finally {
        running.set(false);
      }
      for (Future<?> each : work) {
        each.get(60, TimeUnit.SECONDS);
      }
    }
    long stored = blobBytes();
    assertThat(stored).isLessThanOrEqualTo(1_000);
    int room = Math.toIntExact(1_000 - stored);
    assertThat(push(inSecond, 1_000, room + 1)).isEqualTo(over(1_000, stored));
    assertThat(push(inSecond, 1_000, room)).isInstanceOf(Pushed.class);
    assertThat(push(inFirst, 1_000, 1)).isEqualTo(over(1_000, 1_000));
  }

  /** Until the quota is exceeded, and then makes some room. */
  private void writeAndDelete(Access access, AtomicBoolean running) {
    while (running.get()) {
      RecordId record = new RecordId(UUID.randomUUID());
      long cursor = 0;
      for (int bytes = 50; running.get(); bytes += 50) {
        PushOutcome outcome = push(access, 1_000, write(record, bytes, cursor));
        if (outcome instanceof Pushed(long pushed)) {
          cursor = pushed;
        } else {
          assertThat(outcome).isInstanceOf(OverQuota.class);
          break;
        }
      }
      if (cursor > 0) {
        assertThat(push(access, 1_000, new RecordChange(record, null, cursor, null)))
            .isInstanceOf(Pushed.class);
      }
    }
  }

  /** Of this person, while nobody writes. */
  private long blobBytes() {
    return DATABASES.sources().stream()
        .mapToLong(
            each ->
                Long.parseLong(
                    value(
                        each,
                        """
                        select coalesce(sum(length(r.blob)), 0) from records r
                          join spaces s on s.id = r.space_id and s.elsewhere is null
                         where s.id in ('%s', '%s', '%s')
                        """
                            .formatted(moving, inFirst.space(), inSecond.space()))))
        .sum();
  }
}
