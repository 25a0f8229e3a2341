package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.quota.StorageQuota.Exceeded;
import dev.betterbase.sync.record.PushOutcome.OverQuota;
import dev.betterbase.sync.record.PushOutcome.Pushed;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.AwayDatabase;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SpreadDatabases;
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
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** A person's quota of bytes where spaces are spread over two DATABASES. */
@DatabaseTest
class PushGrantsIT {
  private static final SpreadDatabases DATABASES = SpreadDatabases.of(2);
  private static final Database NODE = DATABASES.node();
  private static final RecordStore STORE = new RecordStore(NODE);
  private static final PushNode PUSHES = new PushNode(NODE);

  private final String person = Accesses.newCid();
  private final Access one = Accesses.member(DATABASES.sharedSpace(1, person));
  private final Access two = Accesses.member(DATABASES.sharedSpace(2, person));

  private static RecordId newId() {
    return new RecordId(UUID.randomUUID());
  }

  private static RecordChange write(RecordId id, int bytes) {
    return new RecordChange(id, new byte[bytes], 0, new WrappedDek(Requests.dek(1)));
  }

  private StorageQuota ofPerson(long bytes) {
    return new StorageQuota(
        OptionalLong.empty(), OptionalLong.of(bytes), OptionalInt.empty(), Optional.of(person));
  }

  private static PushOutcome push(Access access, StorageQuota quota, int bytes) {
    return push(access, quota, write(newId(), bytes));
  }

  private static PushOutcome push(Access access, StorageQuota quota, RecordChange change) {
    return PUSHES.push(new RecordPush(access, List.of(change), quota));
  }

  private static OverQuota over(long limit, long used) {
    return new OverQuota(new Exceeded(limit, used));
  }

  /** Of this person. */
  private String granted(int database) {
    return value(
        DATABASES.get(database),
        "select granted from person_grants where owner_hash = '%s'".formatted(person));
  }

  private String given(int database) {
    return value(
        DATABASES.get(1),
        "select given from person_grants_given where owner_hash = '%s' and database = %d"
            .formatted(person, database));
  }

  /** The first commit of two: the first database has given, and the other has not got. */
  private String give(int database, long quota, long needed) {
    return value(
        DATABASES.get(1),
        "select number from give_grant('%s', %d, %d, %d, 2, true)"
            .formatted(person, quota, database, needed));
  }

  @Test
  void aPersonHasOneQuotaForSpacesInBothDatabases() {
    StorageQuota quota = ofPerson(100);
    assertThat(push(one, quota, 40)).isEqualTo(new Pushed(1));
    assertThat(push(two, quota, 61)).isEqualTo(over(100, 40));
    assertThat(push(two, quota, 60)).isEqualTo(new Pushed(1));
    assertThat(push(one, quota, 1)).isEqualTo(over(100, 100));
    assertThat(push(two, quota, 1)).isEqualTo(over(100, 100));
    assertThat(push(one, quota, 0)).isEqualTo(new Pushed(2));
  }

  @Test
  void aPersonalSpaceCountsWithSharedOnes() {
    StorageQuota quota = ofPerson(100);
    Access personal = Accesses.owner(new SpaceId(UUID.randomUUID()));
    assertThat(push(one, quota, 30)).isEqualTo(new Pushed(1));
    assertThat(push(two, quota, 30)).isEqualTo(new Pushed(1));
    assertThat(push(personal, quota, 41)).isEqualTo(over(100, 60));
    assertThat(push(personal, quota, 40)).isEqualTo(new Pushed(1));
    assertThat(push(one, quota, 1)).isEqualTo(over(100, 100));
  }

  /** A database is given more than it needs, so that not every push asks. */
  @Test
  void whatOneDatabaseDoesNotUseTheOtherOneGets() {
    StorageQuota quota = ofPerson(1_600);
    assertThat(push(one, quota, 10)).isEqualTo(new Pushed(1));
    assertThat(granted(1)).isEqualTo("109");
    assertThat(push(one, quota, 99)).isEqualTo(new Pushed(2));
    assertThat(granted(1)).isEqualTo("109");
    assertThat(push(one, quota, 1)).isEqualTo(new Pushed(3));
    assertThat(granted(1)).isEqualTo("203");
    assertThat(push(two, quota, 1_490)).isEqualTo(new Pushed(1));
    assertThat(granted(1)).isEqualTo("110").isEqualTo(given(1));
    assertThat(granted(2)).isEqualTo("1490").isEqualTo(given(2));
    assertThat(push(one, quota, 1)).isEqualTo(over(1_600, 1_600));
  }

  @Test
  void whatIsDeletedMakesRoomInTheOtherDatabase() {
    StorageQuota quota = ofPerson(100);
    RecordId first = newId();
    assertThat(push(one, quota, write(first, 100))).isEqualTo(new Pushed(1));
    assertThat(push(two, quota, 1)).isEqualTo(over(100, 100));
    assertThat(push(one, quota, new RecordChange(first, null, 1, null))).isEqualTo(new Pushed(2));
    assertThat(push(two, quota, 100)).isEqualTo(new Pushed(1));
    assertThat(push(one, quota, 1)).isEqualTo(over(100, 100));
  }

  @Test
  void whatWasStoredBeforeThereWasAQuotaCounts() {
    push(one, StorageQuota.NONE, 40);
    push(two, StorageQuota.NONE, 40);
    StorageQuota quota = ofPerson(100);
    assertThat(push(one, quota, 21)).isEqualTo(over(100, 80));
    assertThat(push(one, quota, 20)).isEqualTo(new Pushed(2));
    assertThat(push(two, quota, 1)).isEqualTo(over(100, 100));
  }

  @Test
  void underALowerQuotaWhatWasGrantedBeforeSaysNothing() {
    RecordId first = newId();
    push(one, ofPerson(1_600), write(first, 40));
    push(two, ofPerson(1_600), 40);
    StorageQuota lower = ofPerson(50);
    assertThat(push(one, lower, 1)).isEqualTo(over(50, 80));
    assertThat(push(two, lower, 1)).isEqualTo(over(50, 80));
    assertThat(push(one, lower, new RecordChange(first, null, 1, null))).isEqualTo(new Pushed(2));
    assertThat(push(two, lower, 11)).isEqualTo(over(50, 40));
    assertThat(push(one, lower, 10)).isEqualTo(new Pushed(3));
    assertThat(push(two, lower, 1)).isEqualTo(over(50, 50));
  }

  @Test
  void whatWasGivenAndNeverGotIsTakenBack() {
    StorageQuota quota = ofPerson(100);
    push(one, quota, 1);
    String number = give(2, 100, 90);
    assertThat(number).isNotEqualTo("null");
    assertThat(push(one, quota, 94)).isEqualTo(new Pushed(2));
    // The message comes after all.
    execute(DATABASES.get(2), "select take_grant('%s', 100, 90, %s)".formatted(person, number));
    assertThat(push(two, quota, 6)).isEqualTo(over(100, 95));
    assertThat(push(two, quota, 5)).isEqualTo(new Pushed(1));
  }

  @Test
  void whatWasTakenBackAndNotWrittenDownIsTakenBackAgain() {
    StorageQuota quota = ofPerson(1_600);
    push(one, quota, 10);
    String number =
        value(
            DATABASES.get(1),
            "select number from number_recalls('%s', 1600, 2, 2, false)".formatted(person));
    String recall =
        "select counted from recall_grant('%s', 1600, 109, %s)".formatted(person, number);
    assertThat(value(DATABASES.get(1), recall)).isEqualTo("10");
    assertThat(granted(1)).isEqualTo("10");
    assertThat(given(1)).isEqualTo("109");
    assertThat(push(two, quota, 1_580)).isEqualTo(new Pushed(1));
    assertThat(push(one, quota, 11)).isEqualTo(over(1_600, 1_590));
    assertThat(push(one, quota, 10)).isEqualTo(new Pushed(2));
    assertThat(value(DATABASES.get(1), recall)).as("a late message").isEqualTo("null");
    assertThat(granted(1)).isEqualTo("20");
  }

  /** Servers without the quota wrote while the first with it ran. */
  @Test
  void aServerThatStartsAsksAnewWhatPeopleHave() {
    StorageQuota quota = ofPerson(1_600);
    push(one, quota, 10);
    push(two, quota, 10);
    push(two, StorageQuota.NONE, 1_560);
    DATABASES.startServer();
    assertThat(push(one, quota, 21)).isEqualTo(over(1_600, 1_580));
    assertThat(push(one, quota, 20)).isEqualTo(new Pushed(2));
  }

  @Test
  void whileADatabaseIsAwayWhatItIsKnownToHaveCounts() {
    StorageQuota quota = ofPerson(1_600);
    push(two, quota, 10);
    push(one, quota, 10);
    List<DataSource> sources = List.of(DATABASES.get(1), new AwayDatabase());
    PushNode alone = new PushNode(SpreadDatabases.node(sources));
    assertThat(alone.push(new RecordPush(one, List.of(write(newId(), 1_400)), quota)))
        .isEqualTo(new Pushed(2));
    RecordPush more = new RecordPush(one, List.of(write(newId(), 180)), quota);
    assertThatThrownBy(() -> alone.push(more)).isInstanceOf(StorageException.class);
    assertThat(PUSHES.push(more)).isEqualTo(new Pushed(3));
  }

  @Test
  void whileADatabaseIsAwayItIsNotKnownWhatAnUnknownPersonHas() {
    List<DataSource> sources = List.of(DATABASES.get(1), new AwayDatabase());
    PushNode alone = new PushNode(SpreadDatabases.node(sources));
    RecordPush push = new RecordPush(one, List.of(write(newId(), 1)), ofPerson(100));
    assertThatThrownBy(() -> alone.push(push)).isInstanceOf(StorageException.class);
    assertThat(PUSHES.push(push)).isEqualTo(new Pushed(1));
  }

  @Test
  void aPushInAGroupThatNeedsMoreIsLeftOut() {
    StorageQuota quota = ofPerson(1_600);
    RecordPush needs = new RecordPush(two, List.of(write(newId(), 10)), quota);
    execute(
        DATABASES.get(2),
        "update spaces set used_bytes = 0 where id = '%s'".formatted(two.space()));
    Database second = NODE.all().get(1);
    assertThat(STORE.pushTogether(second, List.of(needs, needs)))
        .containsExactly(Optional.empty(), Optional.empty());
    assertThat(PUSHES.push(needs)).isEqualTo(new Pushed(1));
    RecordPush has = new RecordPush(two, List.of(write(newId(), 10)), quota);
    assertThat(STORE.pushTogether(second, List.of(has)).getFirst().orElseThrow().orFail())
        .isEqualTo(new Pushed(2));
  }

  @Test
  void ofManyPushesInBothDatabasesAtOnceExactlyAsManyPassAsThereIsRoom() throws Exception {
    int count = 16;
    List<Access> spaces = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      spaces.add(Accesses.member(DATABASES.sharedSpace(i % 2 + 1, person)));
    }
    // Two nodes, which do not know of each other.
    List<PushNode> nodes = List.of(PUSHES, new PushNode(DATABASES.node()));
    var together = new CyclicBarrier(count);
    List<Future<PushOutcome>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
      for (int i = 0; i < count; i++) {
        RecordPush push = new RecordPush(spaces.get(i), List.of(write(newId(), 10)), ofPerson(70));
        PushNode through = nodes.get(i / 2 % 2);
        running.add(
            threads.submit(
                () -> {
                  together.await(60, TimeUnit.SECONDS);
                  return through.push(push);
                }));
      }
    }
    int passed = 0;
    for (Future<PushOutcome> each : running) {
      PushOutcome outcome = each.get(60, TimeUnit.SECONDS);
      if (outcome instanceof Pushed) {
        passed++;
      } else {
        assertThat(outcome).isEqualTo(over(70, 70));
      }
    }
    assertThat(passed).isEqualTo(7);
  }
}
