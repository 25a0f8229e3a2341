package dev.betterbase.sync.launcher.command;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.launcher.command.Commands.Outcome;
import dev.betterbase.sync.operation.RestoredDatabase;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.TestPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** {@code backup} and {@code restore} on real databases, with files on the local disk. */
@DatabaseTest
class BackupCommandsIT {
  private static final String SPACE = "00000000-0000-4000-8000-000000000001";
  private static final String FILE = "00000000-0000-4000-8000-00000000000f";

  /** A row in each table of the earlier release, and rows that break its later constraints. */
  private static final String ROWS =
      """
      insert into spaces (id, client_id, cursor) values ('%1$s', 'app', 9);
      insert into records (space_id, id, cursor, blob, wrapped_dek, deleted) values
        ('%1$s', '%1$s', 1, '\\x00ff', null, false),
        ('%1$s', gen_random_uuid(), 2, 'left', null, true),
        ('%1$s', gen_random_uuid(), 3, 'x', 'short', false);
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor)
        values ('%1$s', '%2$s', 5, decode(repeat('ab', 44), 'hex'), '%1$s', 4);
      insert into members (space_id, chain_seq, entry_hash, payload, cursor)
        values ('%1$s', 1, sha256('one'), 'one', 5);
      insert into revocations (space_id, ucan_cid) values ('%1$s', 'odd');
      insert into invitations (mailbox_id, payload, expires_at)
        values (repeat('ab', 32), 'p', now());
      insert into rate_limit_actions (action, actor_hash) values ('a', repeat('cd', 32));
      insert into federation_signing_keys (kid, private_key, public_key) values ('k', 's', 'p');
      """
          .formatted(SPACE, FILE);

  /** The rows of the tables that this release has added. */
  private static final String MORE_ROWS =
      """
      insert into mailbox_issuers values (repeat('ab', 32), 'https://issuer.example');
      insert into peer_signatures values (decode(repeat('ab', 64), 'hex'), now());
      insert into file_removals (space_id, file_id) values ('%1$s', '%1$s');
      """
          .formatted(SPACE);

  private static final List<String> NOT_COPIED =
      List.of(
          "flyway_schema_history",
          "database_origin",
          "database_shard",
          "job_leases",
          "person_grants",
          "person_grants_given",
          "person_spaces",
          "space_shards");

  private static final String WAITING =
      "select count(*) from pg_stat_activity where datname = current_database()"
          + " and wait_event_type = 'Lock'";

  private static final String TABLES =
      "select string_agg(table_name, ' ' order by table_name) from information_schema.tables"
          + " where table_schema = current_schema() and table_type = 'BASE TABLE'";

  private final TestPostgres.Database original = TestPostgres.shared().newDatabase();
  private final TestPostgres.Database other = TestPostgres.shared().newDatabase();
  private final Map<String, String> settings = new HashMap<>();

  private Path folder = Path.of("");

  private static DataSource source(TestPostgres.Database database) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(database.jdbcUrl());
    return source;
  }

  private Path place() {
    return folder.resolve("backup");
  }

  private Outcome backup(String... options) {
    return run(original, "files", "backup", options);
  }

  private Outcome restore(String... options) {
    return run(other, "restored", "restore", options);
  }

  private Outcome run(
      TestPostgres.Database database, String files, String command, String... options) {
    settings.put("DATABASE_URL", database.url());
    settings.put("FILE_STORAGE_BACKEND", "local");
    settings.put("FILE_STORAGE_PATH", folder.resolve(files).toString());
    return Commands.run(
        settings,
        Stream.concat(Stream.of(command, place().toString()), Stream.of(options))
            .toArray(String[]::new));
  }

  /** A database of the earlier release that was adopted, with a file. */
  @BeforeEach
  void fill(@TempDir Path temporary) throws IOException {
    folder = temporary;
    DataSource database = source(original);
    try (InputStream schema = Databases.class.getResourceAsStream("/vectors/earlier-schema.sql")) {
      execute(database, new String(schema.readAllBytes(), StandardCharsets.UTF_8));
    }
    execute(database, ROWS);
    assertThat(Commands.run(Map.of("DATABASE_URL", original.url()), "migrate").exitCode()).isZero();
    execute(database, MORE_ROWS);
    Path file = folder.resolve("files/spaces/" + SPACE + "/files/" + FILE);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "hello");
  }

  /** All tables with data. */
  private static List<String> tables(DataSource database) {
    return Stream.of(value(database, TABLES).split(" "))
        .filter(table -> !NOT_COPIED.contains(table))
        .toList();
  }

  /** Everything that a backup must bring back, in one text. */
  private static String content(DataSource database) {
    StringBuilder content = new StringBuilder();
    for (String table : tables(database)) {
      content.append(
          value(
              database,
              "select '%1$s ' || string_agg(t::text, ' ' order by t::text) from %1$s t"
                  .formatted(table)));
      content.append('\n');
    }
    return content
        + value(
            database,
            "select string_agg(conname || pg_get_constraintdef(oid), ' ' order by conname)"
                + " from pg_constraint where contype in ('c', 'f')");
  }

  private static boolean looksRestored(DataSource database) throws Exception {
    return new RestoredDatabase(database).looksRestored();
  }

  @Test
  void aCompleteBackupBringsBackEverythingAsItWas() throws Exception {
    String before = content(source(original));
    assertThat(before).doesNotContain("null").contains("_sqlx_migrations", "NOT VALID");

    assertThat(backup()).isEqualTo(new Outcome(0, "Wrote 26 rows of 12 tables.\nWrote 1 files.\n"));
    assertThat(Files.getPosixFilePermissions(place())).hasSize(3);
    String manifest = Files.readString(place().resolve("backup.json"));
    assertThat(tables(source(original)))
        .isNotEmpty()
        .allMatch(table -> manifest.contains("\"name\" : \"" + table + "\""));
    Outcome restored = restore("--complete");

    assertThat(restored.output())
        .matches(
            "Restored 26 rows of 12 tables, as of \\S+Z\\.\nRestored 1 files\\.\nKept the"
                + " cursors\\.\n");
    assertThat(restored.exitCode()).isZero();
    assertThat(content(source(other))).isEqualTo(before);
    assertThat(folder.resolve("restored/spaces/" + SPACE + "/files/" + FILE)).hasContent("hello");
    assertThat(looksRestored(source(other))).isFalse();
    assertThat(run(other, "restored", "migrate").output()).contains("Unmatched argument");
    assertThat(Commands.run(Map.of("DATABASE_URL", other.url()), "migrate").output())
        .contains("The schema is up to date.");
  }

  @Test
  void withoutThatFlagAllCursorsAreHigherThanAnyThatClientsHaveSeen() throws Exception {
    assertThat(backup().exitCode()).isZero();
    assertThat(restore().output()).endsWith("Gave new cursors to the data of all spaces (1).\n");
    assertThat(Long.parseLong(value(source(other), "select min(cursor) from records")))
        .isGreaterThan(1_000_000_000_000L);
    assertThat(looksRestored(source(other))).isFalse();
    assertThat(Commands.run(Map.of("DATABASE_URL", other.url()), "migrate").output())
        .contains("The schema is up to date.");
  }

  @Test
  void nothingIsOverwrittenAndDamageIsFound() throws IOException {
    assertThat(restore().output())
        .isEqualTo(
            "betterbase-sync: "
                + place()
                + " is not a complete backup: it has no backup.json, which is written last\n");
    assertThat(backup().exitCode()).isZero();
    assertThat(backup().output())
        .isEqualTo(
            "betterbase-sync: "
                + place()
                + " is not empty: name a folder that does not exist yet\n");
    assertThat(run(original, "restored", "restore").output())
        .startsWith("betterbase-sync: the database is not empty: ");

    Path records = place().resolve("database/records.copy");
    byte[] whole = Files.readAllBytes(records);
    byte[] damaged = whole.clone();
    damaged[damaged.length / 2] ^= 1;
    Files.write(records, damaged);
    assertThat(restore())
        .isEqualTo(
            new Outcome(
                1, "betterbase-sync: " + records + " is damaged: it is not as it was written\n"));
    Files.write(records, whole);
    Path file = place().resolve("files/spaces/" + SPACE + "/files/" + FILE);
    Files.writeString(file, "hell");
    assertThat(restore().output()).contains("is damaged: it should have 5 bytes");
    Path manifest = place().resolve("backup.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replace("\"name\" : \"files\"", "\"name\" : \"../files\""));
    assertThat(restore().output()).contains("does not know: ../files");
    Files.writeString(manifest, text.replaceFirst("\"schema\" : \\d+", "\"schema\" : 99"));
    assertThat(restore().output()).contains("made by a newer release");
    Files.writeString(manifest, text.substring(0, 40));
    assertThat(restore().output()).contains("backup.json is damaged").hasLineCount(1);
    assertThat(value(source(other), "select count(*) from spaces")).isEqualTo("0");

    // Each of these left the database empty, so the backup can still be restored.
    Files.writeString(manifest, text);
    Files.writeString(file, "hello");
    assertThat(restore().exitCode()).isZero();
  }

  @Test
  void ofTwoBackupsIntoOneFolderOneIsMade() throws Exception {
    settings.put("DATABASE_URL", original.url());
    Callable<Outcome> one =
        () -> Commands.run(settings, "backup", place().toString(), "--without-files");
    List<Outcome> outcomes = new ArrayList<>();
    try (ExecutorService both = Executors.newFixedThreadPool(2);
        Connection held = source(original).getConnection();
        Statement statement = held.createStatement()) {
      held.setAutoCommit(false);
      statement.execute("lock table flyway_schema_history");
      List<Future<Outcome>> running = List.of(both.submit(one), both.submit(one));
      // Both have found the folder empty.
      await().until(() -> value(source(original), WAITING).equals("2"));
      held.commit();
      for (Future<Outcome> each : running) {
        outcomes.add(each.get());
      }
    }
    assertThat(outcomes).extracting(Outcome::exitCode).containsExactlyInAnyOrder(0, 1);
    assertThat(outcomes.stream().map(Outcome::output).toList())
        .anyMatch(output -> output.contains("another backup has begun to write into " + place()));
    assertThat(restore("--complete").exitCode()).isZero();
    assertThat(content(source(other))).isEqualTo(content(source(original)));
  }

  /** Its disk is not mounted. */
  @Test
  void withoutTheFolderOfTheFilesThereIsNoBackup() throws IOException {
    assertThat(run(original, "elsewhere", "backup").output())
        .startsWith("betterbase-sync: the backup is not complete (")
        .contains("elsewhere/uploads: the folder is gone: mount its disk");
    assertThat(folder.resolve("elsewhere")).doesNotExist();
    settings.put("FILE_STORAGE_PATH", folder.resolve("elsewhere").toString());
    Outcome doctor = Commands.run(settings, "admin", "doctor", "--repair");
    assertThat(doctor.output())
        .startsWith("betterbase-sync: the file storage does not answer: ")
        .contains("the folder is gone: mount its disk");
    assertThat(doctor.exitCode()).isEqualTo(1);
    assertThat(folder.resolve("elsewhere")).doesNotExist();
  }

  /** A file that the database names, with these bytes; null for none. */
  private Path file(char digit, int size, @Nullable String content) throws IOException {
    String id = FILE.substring(0, FILE.length() - 1) + digit;
    execute(
        source(original),
        """
        insert into files (space_id, id, size, wrapped_dek, record_id, cursor)
          values ('%1$s', '%2$s', %3$d, decode(repeat('ab', 44), 'hex'), '%1$s', 4)
        """
            .formatted(SPACE, id, size));
    Path file = folder.resolve("files/spaces/" + SPACE + "/files/" + id);
    if (content != null) {
      Files.writeString(file, content);
    }
    return file;
  }

  @Test
  void filesThatCannotBeReadAreNamedAndAllElseIsInTheBackup() throws Exception {
    file('1', 3, null);
    file('2', 12, "cut off");
    Files.createDirectory(file('3', 2, null));
    String fault = "betterbase-sync: the file spaces/" + SPACE + "/files/00000000-0000-4000-8000-0";

    Outcome made = backup();
    assertThat(made.output().lines().toList())
        .satisfiesExactly(
            line -> assertThat(line).startsWith(fault).endsWith("01 has no bytes"),
            line ->
                assertThat(line)
                    .startsWith(fault)
                    .endsWith("02 should have 12 bytes: the file has only 7 bytes"),
            line -> assertThat(line).startsWith(fault).contains("03 cannot be read: "),
            line ->
                assertThat(line)
                    .startsWith("betterbase-sync: the backup is not complete: it has all rows, but")
                    .contains("the bytes of 3 files", "restore takes", "--without-lost-files"),
            line -> assertThat(line).isEqualTo("Wrote 29 rows of 12 tables."),
            line -> assertThat(line).isEqualTo("Wrote 1 files. Lost the bytes of 3."));
    assertThat(made.exitCode()).isEqualTo(3);

    Outcome refused = restore("--complete");
    assertThat(refused.output())
        .isEqualTo(
            "betterbase-sync: the backup is not complete: the bytes of 3 files could not be read"
                + " when it was made: restore another one, or what there is of this one with"
                + " --without-lost-files\n");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(restore("--complete", "--without-lost-files").output())
        .contains("Restored 1 files; the backup lacks 3: admin doctor says which.");
    assertThat(content(source(other))).isEqualTo(content(source(original)));
    assertThat(folder.resolve("restored/spaces/" + SPACE + "/files/" + FILE)).hasContent("hello");
  }

  @Test
  void aFileThatIsDeletedMeanwhileIsNotMissed() throws Exception {
    Path file = file('1', 3, "bye");
    settings.put("DATABASE_URL", original.url());
    try (ExecutorService running = Executors.newSingleThreadExecutor();
        Connection held = source(original).getConnection();
        Statement statement = held.createStatement()) {
      held.setAutoCommit(false);
      statement.execute("lock table records");
      Future<Outcome> made = running.submit(() -> backup());
      // Its snapshot has the file.
      await().until(() -> value(source(original), WAITING).equals("1"));
      statement.execute("update files set deleted = true, size = 0 where size = 3");
      Files.delete(file);
      held.commit();
      assertThat(made.get())
          .isEqualTo(
              new Outcome(
                  0, "Wrote 27 rows of 12 tables.\nWrote 1 files; 1 were deleted meanwhile.\n"));
    }
    assertThat(restore().output()).contains("the backup lacks 1: admin doctor says which.");
  }

  @Test
  void aBackupThatHasLostFilesSinceIsNotRestoredAsIfItHadThem() throws Exception {
    file('1', 3, "bye");
    assertThat(backup().exitCode()).isZero();
    Path kept = place().resolve("files/spaces/" + SPACE + "/files");
    Files.delete(kept.resolve(FILE));
    assertThat(restore().output())
        .isEqualTo(
            "betterbase-sync: "
                + place().resolve("files")
                + " is damaged: 1 of its 2 files are gone: restore another backup, or what there is"
                + " of this one with --without-lost-files\n");
    assertThat(value(source(other), "select count(*) from spaces")).isEqualTo("0");

    Files.writeString(kept.resolve(FILE), "hell");
    assertThat(restore("--complete", "--without-lost-files").output())
        .contains("Restored 1 files; the backup lacks 1: admin doctor says which.");
    assertThat(content(source(other))).isEqualTo(content(source(original)));
  }

  @Test
  void filesAreLeftOutOnlyWhenThatIsAskedFor() {
    settings.put("DATABASE_URL", original.url());
    String[] command = {"backup", place().toString()};
    assertThat(Commands.run(settings, command).output())
        .isEqualTo(
            "betterbase-sync: the database names 1 files, but FILE_STORAGE_BACKEND is none: set the"
                + " FILE_ settings of the server, or leave the files out with --without-files\n");
    assertThat(backup("--without-files").output())
        .isEqualTo("Wrote 26 rows of 12 tables.\nLeft out the bytes of 1 files.\n");
    assertThat(restore().exitCode()).isZero();
    assertThat(folder.resolve("restored")).doesNotExist();
  }
}
