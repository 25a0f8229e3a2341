package dev.betterbase.sync.launcher.command;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.launcher.command.Commands.Outcome;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** {@code backup} and {@code restore} with two databases, and files on the local disk. */
@DatabaseTest
class ShardBackupIT {
  private static final String IN_FIRST = "10000000-0000-4000-8000-000000000001";
  private static final String IN_SECOND = "f0000000-0000-4000-8000-000000000002";

  private static final String SPACE =
      """
      insert into spaces (id, client_id, cursor) values ('%1$s', 'app', 2);
      insert into records (space_id, id, cursor, blob, wrapped_dek)
        values ('%1$s', '%1$s', 1, '\\x0102', decode(repeat('00', 44), 'hex'));
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor)
        values ('%1$s', '%1$s', 36, decode(repeat('ab', 44), 'hex'), '%1$s', 2);
      """;

  private static final List<String> COMPARED =
      List.of("spaces", "records", "files", "space_shards", "person_spaces", "database_shard");

  private final List<TestPostgres.Database> originals =
      Stream.generate(Databases::migratedDatabase).limit(2).toList();
  private final List<TestPostgres.Database> others = newDatabases(2);
  private Path folder = Path.of("");

  private static List<TestPostgres.Database> newDatabases(int count) {
    return Stream.generate(TestPostgres.shared()::newDatabase).limit(count).toList();
  }

  private static DataSource source(TestPostgres.Database database) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(database.jdbcUrl());
    return source;
  }

  private Outcome run(String files, List<TestPostgres.Database> databases, String... arguments) {
    Map<String, String> settings = new HashMap<>();
    settings.put("DATABASE_URL", databases.getFirst().url());
    if (databases.size() > 1) {
      settings.put(
          "DATABASE_SHARDS",
          String.join(" ", databases.stream().skip(1).map(TestPostgres.Database::url).toList()));
    }
    settings.put("FILE_STORAGE_BACKEND", "local");
    settings.put("FILE_STORAGE_PATH", folder.resolve(files).toString());
    return Commands.run(settings, arguments);
  }

  private String backup() {
    Outcome written = run("files", originals, "backup", folder.resolve("backup").toString());
    assertThat(written.exitCode()).as(written.output()).isZero();
    return written.output();
  }

  private Outcome restore(List<TestPostgres.Database> databases, String... options) {
    List<String> command =
        Stream.concat(Stream.of("restore", folder.resolve("backup").toString()), Stream.of(options))
            .toList();
    return run("restored", databases, command.toArray(String[]::new));
  }

  private void assertRefused(String reason, List<TestPostgres.Database> databases) {
    Outcome outcome = restore(databases);
    assertThat(outcome.exitCode()).isNotZero();
    assertThat(outcome.output()).contains(reason).hasLineCount(1);
  }

  private Path file(String files, String space) {
    return folder.resolve(files + "/spaces/" + space + "/files/" + space);
  }

  private static String content(List<TestPostgres.Database> databases) {
    StringBuilder content = new StringBuilder();
    for (TestPostgres.Database database : databases) {
      for (String table : COMPARED) {
        content.append(
            value(
                source(database),
                "select '%1$s ' || string_agg(t::text, ' ' order by t::text) from %1$s t"
                    .formatted(table)));
        content.append('\n');
      }
    }
    return content.toString();
  }

  @BeforeEach
  void fill(@TempDir Path temporary) throws IOException {
    folder = temporary;
    assertThat(run("files", originals, "admin", "usage").exitCode()).isZero();
    execute(source(originals.get(0)), SPACE.formatted(IN_FIRST));
    execute(source(originals.get(1)), SPACE.formatted(IN_SECOND));
    execute(
        source(originals.get(0)),
        "insert into space_shards (space_id, shard) values ('%1$s', 2);".formatted(IN_SECOND)
            + " insert into person_spaces (id, owner_hash) values ('%1$s', repeat('ab', 32))"
                .formatted(IN_SECOND));
    for (String space : List.of(IN_FIRST, IN_SECOND)) {
      Files.createDirectories(file("files", space).getParent());
      Files.writeString(file("files", space), space);
    }
  }

  @Test
  void aCompleteBackupBringsBackBothDatabasesAsTheyWere() {
    String before = content(originals);
    assertThat(before)
        .contains("spaces (" + IN_FIRST, "spaces (" + IN_SECOND)
        .contains("database_shard (1,2,0)", "database_shard (2,2,0)");
    assertThat(backup()).isEqualTo("Wrote 8 rows of 24 tables in 2 databases.\nWrote 2 files.\n");
    Outcome restored = restore(others, "--complete");
    assertThat(restored.output())
        .startsWith("Restored 8 rows of 24 tables in 2 databases, as of ")
        .endsWith("Z.\nRestored 2 files.\nKept the cursors.\n");
    assertThat(content(others)).isEqualTo(before);
    for (String space : List.of(IN_FIRST, IN_SECOND)) {
      assertThat(file("restored", space)).hasContent(space);
    }
    assertThat(run("restored", others, "admin", "doctor").output())
        .isEqualTo("Everything fits together.\n");
  }

  @Test
  void withoutThatFlagTheDataOfBothGetsNewCursors() {
    backup();
    assertThat(restore(others).output())
        .endsWith("Gave new cursors to the data of all spaces (2).\n");
    for (TestPostgres.Database database : others) {
      assertThat(Long.parseLong(value(source(database), "select min(cursor) from records")))
          .isGreaterThan(1_000_000_000_000L);
    }
    assertThat(run("restored", others, "admin", "doctor").output())
        .isEqualTo("Everything fits together.\n");
  }

  @Test
  void itIsRestoredOnlyIntoAsManyEmptyDatabasesInTheirOrder() {
    backup();
    assertRefused(
        "the backup is of 2 databases, but DATABASE_URL and DATABASE_SHARDS name 1",
        others.subList(0, 1));
    assertRefused(
        "the backup is of 2 databases, but DATABASE_URL and DATABASE_SHARDS name 3",
        Stream.concat(others.stream(), newDatabases(1).stream()).toList());
    assertRefused(
        "database 2 of DATABASE_URL and DATABASE_SHARDS is in use, or named twice",
        List.of(others.get(0), others.get(0)));
    assertRefused(
        "database 2 of DATABASE_URL and DATABASE_SHARDS is not empty",
        List.of(others.get(0), originals.get(1)));
    assertRefused(
        "database 1 of DATABASE_URL and DATABASE_SHARDS had another number", originals.reversed());
    assertThat(value(source(others.get(0)), "select count(*) from spaces")).isEqualTo("0");
    assertThat(restore(others).exitCode()).isZero();
  }

  @Test
  void aBackupNamesAllDatabases() {
    Path place = folder.resolve("backup");
    assertThat(run("files", originals.subList(0, 1), "backup", place.toString()).output())
        .contains("name fewer databases than before")
        .hasLineCount(1);
    assertThat(place).doesNotExist();
  }

  /** One of a single database stays readable for earlier releases, and they refuse this one. */
  @Test
  void onlyABackupOfSeveralHasTheNewFormat() throws IOException {
    backup();
    assertThat(Files.readString(folder.resolve("backup/backup.json")))
        .contains("\"format\" : 2", "\"shards\"");
    List<TestPostgres.Database> one = newDatabases(1);
    assertThat(run("files", one, "migrate").exitCode()).isZero();
    Path place = folder.resolve("one");
    assertThat(run("files", one, "backup", place.toString()).exitCode()).isZero();
    assertThat(Files.readString(place.resolve("backup.json")))
        .contains("\"format\" : 1")
        .doesNotContain("shards");
  }
}
