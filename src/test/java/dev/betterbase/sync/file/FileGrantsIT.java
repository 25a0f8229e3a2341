package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static dev.betterbase.sync.testing.Requests.dek;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.file.FileAccess.Permit;
import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.LocalStorage;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.file.storage.Upload;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.PersonGrants;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.quota.StorageQuota.Exceeded;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.SpreadDatabases;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files under a person's quota of bytes where spaces are spread over two databases. */
@DatabaseTest
class FileGrantsIT {
  private static SpreadDatabases databases;
  private static FileStore files;
  private static FilePublication publication;
  private static PersonGrants grants;

  private final String person = Accesses.newCid();

  private final StorageQuota quota =
      new StorageQuota(
          OptionalLong.empty(), OptionalLong.of(100), OptionalInt.empty(), Optional.of(person));

  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void start() {
    databases = SpreadDatabases.of(2);
    Database node = databases.node();
    files = new FileStore(node);
    publication = new FilePublication(node);
    grants = new PersonGrants(node);
  }

  /** A new file in a new space of this database, of the owner of a personal space. */
  private NewFile file(int number, int bytes) {
    SpaceId space = new SpaceId(UUID.randomUUID());
    RecordId record = new RecordId(UUID.randomUUID());
    execute(
        databases.get(number),
        """
        insert into spaces (id, client_id) values ('%1$s', 'client');
        insert into records (space_id, id, cursor, blob) values ('%1$s', '%2$s', 1, '')
        """
            .formatted(space, record));
    execute(
        databases.get(1), "insert into space_shards values ('%s', %d)".formatted(space, number));
    return new NewFile(
        new FileKey(space, UUID.randomUUID()), record, new WrappedDek(dek(1)), bytes);
  }

  private Permit permit(NewFile file) {
    return new Permit(file.key(), Accesses.owner(file.key().space()), quota);
  }

  private Entry<AddOutcome> admit(NewFile file) {
    return within(() -> files.admit(permit(file).access(), file, quota));
  }

  private Entry<AddOutcome> publish(NewFile file) throws IOException {
    return publish(file, new LocalStorage(folder));
  }

  private Entry<AddOutcome> publish(NewFile file, Storage storage) throws IOException {
    int bytes = Math.toIntExact(file.size());
    Upload upload = storage.receive(new ByteArrayInputStream(new byte[bytes]), bytes);
    return within(() -> publication.publish(permit(file), file, storage, upload));
  }

  /** As the server does. */
  private Entry<AddOutcome> within(Supplier<Entry<AddOutcome>> write) {
    return grants.write(quota, write, FileGrantsIT::over);
  }

  private static Entry<AddOutcome> over(Exceeded exceeded) {
    return new Entry.Entered<>(new AddOutcome.OverQuota(exceeded));
  }

  private static Entry<AddOutcome> over(long used) {
    return over(new Exceeded(100, used));
  }

  @Test
  void filesInBothDatabasesCountForOneQuota() throws IOException {
    NewFile first = file(1, 40);
    assertThat(admit(first)).isEqualTo(new Entry.Entered<>(new AddOutcome.Admitted()));
    assertThat(publish(first)).isEqualTo(new Entry.Entered<>(new AddOutcome.Added(1)));
    assertThat(admit(file(2, 61))).isEqualTo(over(40));
    NewFile second = file(2, 60);
    assertThat(admit(second)).isEqualTo(new Entry.Entered<>(new AddOutcome.Admitted()));
    assertThat(publish(second)).isEqualTo(new Entry.Entered<>(new AddOutcome.Added(1)));
    assertThat(admit(file(1, 1))).isEqualTo(over(100));
  }

  @Test
  void whatWasFreeWhenAnUploadBeganMayBeTakenMeanwhile() throws IOException {
    NewFile slow = file(1, 60);
    assertThat(admit(slow)).isEqualTo(new Entry.Entered<>(new AddOutcome.Admitted()));
    assertThat(publish(file(2, 60))).isEqualTo(new Entry.Entered<>(new AddOutcome.Added(1)));
    assertThat(publish(slow)).isEqualTo(over(60));
    assertThat(Files.exists(folder.resolve(slow.key().path()))).isFalse();
  }

  @Test
  void anUploadWhosePartOfTheQuotaWasTakenBackGetsItAgain() throws IOException {
    NewFile slow = file(1, 60);
    assertThat(admit(slow)).isEqualTo(new Entry.Entered<>(new AddOutcome.Admitted()));
    assertThat(admit(file(2, 60))).isEqualTo(new Entry.Entered<>(new AddOutcome.Admitted()));
    assertThat(
            value(
                databases.get(1),
                "select granted from person_grants where owner_hash = '%s'".formatted(person)))
        .isEqualTo("0");
    assertThat(publish(slow)).isEqualTo(new Entry.Entered<>(new AddOutcome.Added(1)));
    assertThat(Files.size(folder.resolve(slow.key().path()))).isEqualTo(60);
  }

  /** What happens while the bytes of an upload are put in their place, each time. */
  private Storage whilePublishing(Runnable event) throws IOException {
    return new Through(new LocalStorage(folder)) {
      @Override
      public void publish(Upload upload, FileKey key) throws IOException {
        super.publish(upload, key);
        event.run();
      }
    };
  }

  private boolean isStored(NewFile file) {
    return Files.exists(folder.resolve(file.key().path()));
  }

  @Test
  void anUploadGoesOnWhenAServerStartsWhileItsBytesArePutInPlace() throws IOException {
    NewFile slow = file(2, 60);
    var starts = new AtomicInteger();
    Storage storage =
        whilePublishing(
            () -> {
              if (starts.getAndIncrement() == 0) {
                databases.startServer();
              }
            });
    assertThat(publish(slow, storage)).isEqualTo(new Entry.Entered<>(new AddOutcome.Added(1)));
    assertThat(starts).hasValue(2);
    assertThat(Files.size(folder.resolve(slow.key().path()))).isEqualTo(60);
    assertThat(storage.unfinished()).isEmpty();
  }

  @Test
  void anUploadIsRefusedWhenOthersTakeItsPartWhileItsBytesArePutInPlace() throws IOException {
    NewFile slow = file(1, 60);
    NewFile quick = file(2, 60);
    var added = new AtomicReference<Entry<AddOutcome>>();
    Storage storage =
        whilePublishing(
            () -> {
              // Nothing of the slow upload counts yet.
              try {
                added.set(publish(quick));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertThat(publish(slow, storage)).isEqualTo(over(60));
    assertThat(added.get()).isEqualTo(new Entry.Entered<>(new AddOutcome.Added(1)));
    assertThat(isStored(quick)).isTrue();
    assertThat(isStored(slow)).isFalse();
    assertThat(storage.unfinished()).hasSize(1);
  }
}
