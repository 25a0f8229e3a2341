package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static dev.betterbase.sync.testing.Requests.dek;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.file.FileAccess.Permit;
import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.LocalStorage;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.file.storage.Upload;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.PooledConnection;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row and bytes of a file appear together, and a failure at any step leaves neither visible. */
@DatabaseTest
class FilePublicationIT {
  private static DataSource database;
  private static FileStore files;
  private static FilePublication publication;

  private final SpaceId space = new SpaceId(UUID.randomUUID());
  private final RecordId record = new RecordId(UUID.randomUUID());
  private final FileKey key = new FileKey(space, UUID.randomUUID());
  private final Access owner = new Access.Owner(space, "client");
  private Path root;
  private LocalStorage storage;

  @BeforeAll
  static void connect() {
    database = Databases.migrated();
    files = new FileStore(new Database(database));
    publication = new FilePublication(new Database(database));
  }

  @BeforeEach
  void aRecord(@TempDir Path folder) throws IOException {
    root = folder;
    storage = new LocalStorage(folder);
    execute(
        database,
        """
        insert into spaces (id, client_id, cursor) values ('%1$s', 'client', 1);
        insert into records (space_id, id, cursor, blob) values ('%1$s', '%2$s', 1, '')
        """
            .formatted(space, record));
  }

  private NewFile file(int size) {
    return new NewFile(key, record, new WrappedDek(dek(1)), size);
  }

  private Upload upload(int size) throws IOException {
    return storage.receive(new ByteArrayInputStream(new byte[size]), size);
  }

  private Entry<AddOutcome> publish(Access access, Storage through, int size) throws IOException {
    return publication.publish(
        new Permit(key, access, StorageQuota.NONE), file(size), through, upload(size));
  }

  private static Entry<AddOutcome> entered(AddOutcome outcome) {
    return new Entry.Entered<>(outcome);
  }

  private boolean bytesAreThere() {
    return Files.exists(root.resolve(key.path()));
  }

  private String row() {
    return value(
        database,
        "select concat_ws(' ', size, cursor, deleted) from files where space_id = '%s' and id = '%s'"
            .formatted(space, key.file()));
  }

  private String removals() {
    return value(
        database, "select count(*) from file_removals where space_id = '%s'".formatted(space));
  }

  private void laterComes() {
    execute(
        database,
        "update file_removals set due_at = now() - interval '1 second' where space_id = '%s'"
            .formatted(space));
  }

  private FilePublication.Removal remove() {
    laterComes();
    assertThat(files.due(new Database(database), 1_000)).contains(key);
    return publication.remove(new Database(database), key, storage);
  }

  @Test
  void rowAndBytesAppearTogether() throws IOException {
    assertThat(files.admit(owner, file(5), StorageQuota.NONE))
        .isEqualTo(entered(new AddOutcome.Admitted()));
    assertThat(publish(owner, storage, 5)).isEqualTo(entered(new AddOutcome.Added(2)));
    assertThat(row()).isEqualTo("5 2 f");
    assertThat(bytesAreThere()).isTrue();
    assertThat(removals()).isEqualTo("0");
    assertThat(files.find(owner, key))
        .isInstanceOfSatisfying(
            Entry.Entered.class, found -> assertThat((Optional<?>) found.outcome()).isPresent());
    assertThat(files.admit(owner, file(5), StorageQuota.NONE))
        .isEqualTo(entered(new AddOutcome.Exists()));
  }

  @Test
  void aSecondUploadLeavesTheFirstAlone() throws IOException {
    publish(owner, storage, 5);
    assertThat(publish(owner, storage, 9)).isEqualTo(entered(new AddOutcome.Exists()));
    assertThat(Files.size(root.resolve(key.path()))).isEqualTo(5);
    assertThat(row()).isEqualTo("5 2 f");
    assertThat(remove()).isEqualTo(FilePublication.Removal.LEFT);
    assertThat(bytesAreThere()).isTrue();
    assertThat(removals()).isEqualTo("0");
  }

  @Test
  void aStorageThatFailsLeavesNothingAndTheRetryWorks() throws IOException {
    Storage broken =
        new Through(storage) {
          @Override
          public void publish(Upload upload, FileKey file) throws IOException {
            throw new IOException("no space left");
          }
        };
    assertThatThrownBy(() -> publish(owner, broken, 5)).isInstanceOf(UncheckedIOException.class);
    assertThat(row()).isEqualTo("null");
    assertThat(bytesAreThere()).isFalse();
    assertThat(publish(owner, storage, 5)).isEqualTo(entered(new AddOutcome.Added(2)));
    assertThat(removals()).isEqualTo("0");
  }

  /** Like a crash of the process: the connection ends, and with it the transaction and the lock. */
  @Test
  void aCrashBetweenTheBytesAndTheRowLeavesNothingVisible() throws IOException {
    Storage crashing =
        new Through(storage) {
          @Override
          public void publish(Upload upload, FileKey file) throws IOException {
            super.publish(upload, file);
            throw new Crash();
          }
        };
    assertThatThrownBy(() -> publish(owner, crashing, 5)).isInstanceOf(Crash.class);
    assertThat(row()).isEqualTo("null");
    assertThat(bytesAreThere()).as("nobody's bytes").isTrue();
    assertThat(files.find(owner, key)).isEqualTo(new Entry.Entered<>(Optional.empty()));
    assertThat(files.due(new Database(database), 1_000))
        .as("not yet, a retry may be under way")
        .doesNotContain(key);

    assertThat(remove()).isEqualTo(FilePublication.Removal.REMOVED);
    assertThat(bytesAreThere()).isFalse();
    assertThat(removals()).isEqualTo("0");
    assertThat(publish(owner, storage, 7)).isEqualTo(entered(new AddOutcome.Added(2)));
    assertThat(Files.size(root.resolve(key.path()))).isEqualTo(7);
  }

  @Test
  void aRetryBeforeTheSweepReplacesWhatACrashLeft() throws IOException {
    storage.publish(upload(3), key);
    assertThat(publish(owner, storage, 7)).isEqualTo(entered(new AddOutcome.Added(2)));
    assertThat(Files.size(root.resolve(key.path()))).isEqualTo(7);
  }

  @Test
  void aDatabaseThatIsCutOffBeforeTheCommitLeavesNothingVisible() throws IOException {
    Storage cutting =
        new Through(storage) {
          @Override
          public void publish(Upload upload, FileKey file) throws IOException {
            super.publish(upload, file);
            value(
                database,
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
                    + " and granted and database ="
                    + " (select oid from pg_database where datname = current_database())");
          }
        };
    assertThatThrownBy(() -> publish(owner, cutting, 5)).isInstanceOf(RuntimeException.class);
    assertThat(row()).isEqualTo("null");
    assertThat(remove()).isEqualTo(FilePublication.Removal.REMOVED);
    assertThat(bytesAreThere()).isFalse();
  }

  /** The row is committed, but the answer is lost, so the client tries again. */
  @Test
  void aRetryAfterALostAnswerFindsTheFile() throws IOException {
    publish(owner, storage, 5);
    assertThat(files.admit(owner, file(5), StorageQuota.NONE))
        .isEqualTo(entered(new AddOutcome.Exists()));
  }

  @Test
  void aRemovalWaitsForAnUploadOfThatId() throws Exception {
    execute(
        database,
        "insert into file_removals (space_id, file_id) values ('%s', '%s')"
            .formatted(space, key.file()));
    CountDownLatch inPlace = new CountDownLatch(1);
    CountDownLatch looked = new CountDownLatch(1);
    Storage slow = slow(inPlace, looked);
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      Future<Entry<AddOutcome>> publishing = thread.submit(() -> publish(owner, slow, 5));
      assertThat(inPlace.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(remove()).isEqualTo(FilePublication.Removal.LEFT);
      looked.countDown();
      assertThat(publishing.get(60, TimeUnit.SECONDS)).isEqualTo(entered(new AddOutcome.Added(2)));
    }
    assertThat(bytesAreThere()).isTrue();
  }

  /** Puts bytes in their place, and goes on when a test has looked. */
  private Storage slow(CountDownLatch inPlace, CountDownLatch looked) {
    return new Through(storage) {
      @Override
      public void publish(Upload upload, FileKey file) throws IOException {
        super.publish(upload, file);
        inPlace.countDown();
        try {
          assertThat(looked.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
    };
  }

  /** Both lock the row of the space before the person; the other way round they could deadlock. */
  @Test
  void aPushUnderTheQuotaOfAPersonDoesNotWaitForAnUpload() throws Exception {
    String person = Accesses.newCid();
    StorageQuota quota =
        new StorageQuota(
            OptionalLong.empty(), OptionalLong.of(1_000), OptionalInt.empty(), Optional.of(person));
    CountDownLatch inPlace = new CountDownLatch(1);
    CountDownLatch looked = new CountDownLatch(1);
    Permit permit = new Permit(key, owner, quota);
    Upload upload = upload(5);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Entry<AddOutcome>> publishing =
          threads.submit(() -> publication.publish(permit, file(5), slow(inPlace, looked), upload));
      assertThat(inPlace.await(60, TimeUnit.SECONDS)).isTrue();
      Future<String> pushing = threads.submit(() -> push(person, 1_000));
      assertThat(pushing.get(30, TimeUnit.SECONDS)).isEqualTo("pushed");
      looked.countDown();
      assertThat(publishing.get(60, TimeUnit.SECONDS)).isEqualTo(entered(new AddOutcome.Added(3)));
    }
  }

  /** Writes a record of one byte. */
  private String push(String person, long personQuota) {
    return value(
        database,
        """
        select code from push_records('%s', 'client', null, array['%s']::uuid[],
          array['\\x00']::bytea[], array[0]::bigint[], array[null]::bytea[], 2147483647, 1, null, '%s', %d)
        """
            .formatted(space, UUID.randomUUID(), person, personQuota));
  }

  @Test
  void aRemovalThatFailsIsTriedAgain() throws IOException {
    publish(owner, storage, 5);
    deleteRecord();
    Storage gone =
        new Through(storage) {
          @Override
          public void delete(FileKey file) throws IOException {
            throw new IOException("the bucket is out of reach");
          }
        };
    assertThat(publication.remove(new Database(database), key, gone))
        .isEqualTo(FilePublication.Removal.FAILED);
    assertThat(files.due(new Database(database), 1_000)).doesNotContain(key);
    assertThat(removals()).isEqualTo("1");
    assertThat(remove()).isEqualTo(FilePublication.Removal.REMOVED);
    assertThat(bytesAreThere()).isFalse();
    assertThat(removals()).isEqualTo("0");
  }

  private void deleteRecord() {
    execute(
        database,
        "select * from push_records('%s', 'client', null, array['%s']::uuid[], array[null]::bytea[],"
                .formatted(space, record)
            + " array[1]::bigint[], array[null]::bytea[], 2147483647)");
  }

  @Test
  void aDeletedIdIsNeverUsedAgain() throws IOException {
    publish(owner, storage, 5);
    deleteRecord();
    assertThat(row()).isEqualTo("0 3 t");
    execute(
        database,
        "insert into records (space_id, id, cursor) values ('%s', '%s', 3)"
            .formatted(space, UUID.randomUUID()));
    assertThat(files.admit(owner, file(5), StorageQuota.NONE))
        .isEqualTo(entered(new AddOutcome.UnknownRecord()));
    assertThat(publish(owner, storage, 5)).isEqualTo(entered(new AddOutcome.UnknownRecord()));
    assertThat(removals()).as("the bytes of the deleted file still have to go").isEqualTo("1");
    assertThat(remove()).isEqualTo(FilePublication.Removal.REMOVED);
    assertThat(bytesAreThere()).isFalse();
  }

  @Test
  void aChainThatIsRevokedOrExpiredMeanwhileAddsNothing() throws IOException {
    execute(
        database,
        "update spaces set root_public_key = decode(repeat('02', 33), 'hex') where id = '%s'"
            .formatted(space));
    Access good = member("a".repeat(64), Instant.now().plusSeconds(60));
    Access expired = member("b".repeat(64), Instant.now().minusSeconds(5));
    assertThat(files.admit(good, file(5), StorageQuota.NONE))
        .isEqualTo(entered(new AddOutcome.Admitted()));
    assertThat(publish(expired, storage, 5)).isEqualTo(new Entry.Forbidden<>());
    assertThat(publish(owner, storage, 5)).as("nobody's own").isEqualTo(new Entry.Forbidden<>());
    Storage revoking =
        new Through(storage) {
          @Override
          public void publish(Upload upload, FileKey file) throws IOException {
            super.publish(upload, file);
            execute(
                database,
                "insert into revocations (space_id, ucan_cid) values ('%s', '%s')"
                    .formatted(space, "a".repeat(64)));
          }
        };
    assertThat(publish(good, revoking, 5)).isEqualTo(new Entry.Forbidden<>());
    assertThat(row()).isEqualTo("null");
    assertThat(remove()).isEqualTo(FilePublication.Removal.REMOVED);
    assertThat(bytesAreThere()).isFalse();
  }

  private Access member(String cid, Instant expires) {
    return new Access.Member(
        new Capability(space, Permission.WRITE, "did:key:z", List.of(cid), expires),
        Optional.empty());
  }

  @Test
  void anOldKeyIsStaleInASharedSpaceAlone() throws IOException {
    execute(database, "update spaces set min_key_generation = 2 where id = '%s'".formatted(space));
    assertThat(files.admit(owner, file(5), StorageQuota.NONE))
        .isEqualTo(entered(new AddOutcome.Admitted()));
    execute(
        database,
        "update spaces set root_public_key = decode(repeat('02', 33), 'hex') where id = '%s'"
            .formatted(space));
    Access member = member("c".repeat(64), Instant.now().plusSeconds(60));
    assertThat(publish(member, storage, 5)).isEqualTo(entered(new AddOutcome.KeyGenerationStale()));
  }

  @Test
  void aQuotaIsAskedBeforeTheBytesComeAndOnceMoreWhenTheyAreThere() throws IOException {
    StorageQuota quota =
        new StorageQuota(
            OptionalLong.of(8), OptionalLong.empty(), OptionalInt.empty(), Optional.empty());
    var full = entered(new AddOutcome.OverQuota(new StorageQuota.Exceeded(8, 0)));
    assertThat(files.admit(owner, file(9), quota)).isEqualTo(full);
    assertThat(publication.publish(new Permit(key, owner, quota), file(9), storage, upload(9)))
        .isEqualTo(full);
    assertThat(bytesAreThere()).isFalse();
    assertThat(files.admit(owner, file(8), quota)).isEqualTo(entered(new AddOutcome.Admitted()));
    assertThat(publication.publish(new Permit(key, owner, quota), file(8), storage, upload(8)))
        .isEqualTo(entered(new AddOutcome.Added(2)));
    assertThat(value(database, "select used_bytes from spaces where id = '%s'".formatted(space)))
        .isEqualTo("8");
  }

  @Test
  void aConnectionComesBackAsItWas() throws Exception {
    PooledConnection pool = new PooledConnection(database);
    try (Connection one = pool.physical()) {
      FilePublication own = new FilePublication(new Database(pool));
      own.publish(new Permit(key, owner, StorageQuota.NONE), file(5), storage, upload(5));
      assertThat(one.getAutoCommit()).isTrue();
      assertThat(
              value(
                  pool,
                  "select count(*) from pg_locks where pid = pg_backend_pid()"
                      + " and locktype = 'advisory'"))
          .isEqualTo("0");
    }
  }

  private static final class Crash extends Error {
    private static final long serialVersionUID = 1L;
  }
}
