package dev.betterbase.sync.admin;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.betterbase.sync.admin.Finding.Check;
import dev.betterbase.sync.admin.Finding.Repair;
import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.LocalStorage;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.identity.Person;
import dev.betterbase.sync.identity.PersonalSpace;
import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.JpaProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What administrators see and delete, with the persistence providers of both servers. */
@DatabaseTest
class AdminStoresIT {
  private static final UUID SHARED = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final UUID RECORD = UUID.fromString("00000000-0000-4000-8000-00000000000a");
  private static final UUID FILE = UUID.fromString("00000000-0000-4000-8000-00000000000f");
  private static final String ISSUER = "https://issuer.example";
  private static final String MAILBOX = "ab".repeat(32);
  private static final Secret KEY = new Secret("cd".repeat(32));

  private final DataSource database = Databases.migrated();

  /** A shared space with two records, a tombstone, a file of 5 bytes and two log entries. */
  private void fill() {
    execute(
        database,
        """
        insert into spaces (id, client_id, root_public_key, cursor)
          values ('%1$s', 'app', decode(repeat('02', 33), 'hex'), 9);
        insert into records (space_id, id, cursor, blob, deleted) values
          ('%1$s', '%2$s', 1, '\\x00112233', false),
          ('%1$s', gen_random_uuid(), 2, '\\x0011', false),
          ('%1$s', gen_random_uuid(), 3, null, true);
        insert into files (space_id, id, size, wrapped_dek, record_id, cursor)
          values ('%1$s', '%3$s', 5, decode(repeat('ab', 44), 'hex'), '%2$s', 4);
        insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor) values
          ('%1$s', 1, null, sha256('one'), 'one', 5),
          ('%1$s', 2, sha256('one'), sha256('two'), 'two', 6);
        insert into revocations (space_id, ucan_cid) values ('%1$s', repeat('ef', 32));
        """
            .formatted(SHARED, RECORD, FILE));
  }

  private String count(String table) {
    return value(database, "select count(*) from " + table);
  }

  @ParameterizedTest
  @EnumSource
  void spacesAreListedSummedUpAndDeleted(JpaProvider provider) {
    fill();
    Entities entities = provider.entities(database);
    SpaceAdminStore spaces = new SpaceAdminStore(entities);
    execute(
        database,
        "insert into spaces (id, client_id, home_server)"
            + " values ('00000000-0000-4000-8000-000000000002', 'app', 'peer.example')");

    List<SpaceSummary> all = spaces.list(SpaceAdminStore.BEFORE_ALL, 10);
    assertThat(all).hasSize(2);
    SpaceSummary first = all.getFirst();
    assertThat(first.id()).isEqualTo(SHARED);
    assertThat(first.shared()).isTrue();
    assertThat(
            List.of(
                first.records(),
                first.recordBytes(),
                first.tombstones(),
                first.files(),
                first.fileBytes(),
                first.entries()))
        .containsExactly(2L, 6L, 1L, 1L, 5L, 2L);
    assertThat(all.getLast().home()).contains("peer.example");
    assertThat(spaces.list(SHARED, 10)).containsExactly(all.getLast());
    assertThat(spaces.list(SpaceAdminStore.BEFORE_ALL, 1)).containsExactly(first);
    assertThat(spaces.find(SHARED)).contains(first);

    UsageStore counts = new UsageStore(new Database(database));
    assertThat(counts.space(SHARED)).contains(first);
    assertThat(counts.space(UUID.randomUUID())).isEmpty();
    Usage usage = counts.usage(5);
    assertThat(usage.totals()).isEqualTo(new Usage.Totals(2, 2, 6, 1, 1, 5, 0, 0, 0));
    assertThat(usage.mostRecordBytes()).containsExactly(first);
    assertThat(usage.mostFileBytes()).containsExactly(first);
    assertThat(usage.tables()).extracting(Usage.Table::name).contains("records", "spaces");

    assertThat(spaces.delete(SHARED)).isTrue();
    assertThat(spaces.delete(SHARED)).isFalse();
    assertThat(spaces.find(SHARED)).isEmpty();
    for (String table : List.of("records", "files", "members", "revocations")) {
      assertThat(count(table)).as(table).isEqualTo("0");
    }
    assertThat(count("spaces")).isEqualTo("1");
    assertThat(value(database, "select file_id from file_removals where due_at <= now()"))
        .isEqualTo(FILE.toString());
  }

  @ParameterizedTest
  @EnumSource
  void aPersonIsFoundByWhatIsDerivedFromTheIdentity(JpaProvider provider) {
    PersonStore people = new PersonStore(provider.entities(database));
    for (String spelling : List.of(ISSUER, ISSUER + "/")) {
      for (String client : List.of("app", "other")) {
        for (String subject : List.of("alice", "bob")) {
          execute(
              database,
              "insert into spaces (id, client_id) values ('%s', '%s')"
                  .formatted(PersonalSpace.idOf(spelling, subject, client), client));
        }
      }
    }
    execute(
        database,
        """
        insert into invitations (mailbox_id, payload, expires_at) values
          ('%1$s', 'x', now()), ('%2$s', 'x', now());
        insert into rate_limit_actions (action, actor_hash) values
          ('invitation_create', '%3$s'), ('membership_append', '%3$s'),
          ('invitation_create', '%2$s');
        insert into spaces (id, client_id, root_public_key, owner_hash)
          values (gen_random_uuid(), 'app', decode(repeat('02', 33), 'hex'), '%3$s');
        insert into spaces (id, client_id, root_public_key, owner_hash, elsewhere)
          values (gen_random_uuid(), 'app', decode(repeat('02', 33), 'hex'), '%3$s', 'left');
        insert into person_grants values ('%3$s', 1, 2, 3), ('%2$s', 1, 2, 3);
        insert into person_grants_given values ('%3$s', 1, 1, 2, 3, 3), ('%2$s', 1, 1, 2, 3, 3);
        insert into person_spaces values (gen_random_uuid(), '%3$s'), (gen_random_uuid(), '%2$s');
        """
            .formatted(MAILBOX, "00".repeat(32), Person.pseudonym(KEY, ISSUER, "alice")));

    var known = new SoughtPerson(ISSUER + "/", "alice", Optional.of(MAILBOX), Optional.of(KEY));
    PersonalData found = people.find(known);
    assertThat(found.spaces()).hasSize(4);
    assertThat(found.invitations()).hasValue(1);
    assertThat(found.countedActions()).hasValue(2);
    assertThat(found.sharedSpaces()).hasValue(1);
    PersonalData less =
        people.find(new SoughtPerson(ISSUER, "alice", Optional.empty(), Optional.empty()));
    assertThat(less)
        .isEqualTo(
            new PersonalData(
                found.spaces(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty()));
    assertThat(
            people
                .find(new SoughtPerson(ISSUER, "carol", Optional.empty(), Optional.of(KEY)))
                .spaces())
        .isEmpty();

    assertThat(people.erase(known)).isEqualTo(found);
    for (String table : List.of("person_grants", "person_grants_given", "person_spaces")) {
      assertThat(value(database, "select string_agg(owner_hash, ' ') from " + table))
          .as(table)
          .isEqualTo("00".repeat(32));
    }
    assertThat(people.find(known))
        .isEqualTo(
            new PersonalData(
                List.of(), OptionalLong.of(0), OptionalLong.of(0), OptionalLong.of(0)));
    assertThat(count("spaces where elsewhere is null")).isEqualTo("5");
    assertThat(count("invitations")).isEqualTo("1");
    assertThat(count("rate_limit_actions")).isEqualTo("1");
    assertThat(known).hasToString("SoughtPerson");
  }

  private List<Finding> examine(boolean repairs, Storage storage) throws IOException {
    List<Finding> findings = new ArrayList<>();
    DoctorStore store = new DoctorStore(new Database(database));
    Doctor doctor = new Doctor(List.of(store), repairs, findings::add);
    doctor.checkCursors();
    doctor.checkUsedBytes();
    doctor.checkMembership();
    doctor.checkFiles(storage);
    return findings;
  }

  private static void store(Storage storage, FileKey key, int bytes) throws IOException {
    storage.publish(storage.receive(new ByteArrayInputStream(new byte[bytes]), bytes), key);
  }

  @Test
  void theDoctorFindsWhatDoesNotFitAndRepairsWhatItCan(@TempDir Path folder) throws IOException {
    fill();
    Storage storage = new LocalStorage(folder);
    store(storage, new FileKey(SHARED, FILE), 5);
    assertThat(examine(false, storage)).isEmpty();

    FileKey stray = new FileKey(SHARED, UUID.randomUUID());
    store(storage, stray, 1);
    store(storage, new FileKey(SHARED, FILE), 4);
    UUID missing = UUID.randomUUID();
    execute(
        database,
        """
        insert into files (space_id, id, size, wrapped_dek, record_id, cursor)
          values ('%1$s', '%2$s', 1, decode(repeat('ab', 44), 'hex'), '%3$s', 12);
        update records set cursor = 11 where id = '%3$s';
        insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor) values
          ('%1$s', 4, sha256('two'), sha256('four'), 'four', 7);
        update members set payload = 'altered' where chain_seq = 1;
        update spaces set used_bytes = 6;
        insert into spaces (id, client_id, used_bytes) values (gen_random_uuid(), 'app', 0);
        """
            .formatted(SHARED, missing, RECORD));

    List<Finding> findings = examine(false, storage);
    assertThat(findings)
        .extracting(Finding::check, Finding::repair)
        .containsExactlyInAnyOrder(
            tuple(Check.CURSORS, Repair.POSSIBLE),
            tuple(Check.USED_BYTES, Repair.POSSIBLE),
            tuple(Check.MEMBERSHIP, Repair.NONE),
            tuple(Check.MEMBERSHIP, Repair.NONE),
            tuple(Check.FILE_BYTES, Repair.NONE),
            tuple(Check.FILE_BYTES, Repair.NONE),
            tuple(Check.STRAY_BYTES, Repair.POSSIBLE));
    assertThat(findings)
        .extracting(Finding::subject)
        .contains(
            "space " + SHARED,
            "space " + SHARED + " entry 1",
            "space " + SHARED + " entry 4",
            "space " + SHARED + " file " + missing,
            "space " + SHARED + " file " + stray.file());
    assertThat(count("file_removals")).isEqualTo("0");

    assertThat(examine(true, storage))
        .extracting(Finding::repair)
        .filteredOn(Repair.DONE::equals)
        .hasSize(3);
    assertThat(value(database, "select max(cursor) from spaces")).isEqualTo("12");
    // Blobs of 4 and 2 bytes, files of 5 and 1.
    assertThat(value(database, "select max(used_bytes) from spaces")).isEqualTo("12");
    assertThat(value(database, "select file_id from file_removals where due_at > now()"))
        .isEqualTo(stray.file().toString());
    assertThat(storage.size(stray)).hasValue(1);
    assertThat(examine(false, storage)).extracting(Finding::repair).containsOnly(Repair.NONE);
  }
}
