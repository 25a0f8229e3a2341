package dev.betterbase.sync.operation;

import static dev.betterbase.sync.operation.SchemaFacts.HISTORY;
import static dev.betterbase.sync.operation.SchemaFacts.SHAPE;
import static dev.betterbase.sync.operation.SchemaFacts.TABLES;
import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.PooledConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@DatabaseTest
@Order(1)
class SchemaMigrationIT {
  private static final Path SCRIPTS = Path.of("src/main/resources/db/migration");

  /** The number of scripts. None of them must be missing in the list of those that are applied. */
  private static int scripts() throws IOException {
    return scripts("").size();
  }

  private static List<Path> scripts(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(SCRIPTS)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList();
    }
  }

  @Test
  void makesTheSchemaInAnEmptyDatabase() throws Exception {
    DataSource database = Databases.empty();
    SchemaReport planned = new SchemaMigration(database).check();
    assertThat(planned.before()).isEqualTo(SchemaState.EMPTY);
    assertThat(planned.migrations()).hasSize(scripts());
    assertThat(value(database, TABLES)).as("check changes nothing").isEqualTo("null");

    SchemaReport report = new SchemaMigration(database).migrate();
    assertThat(report.migrations()).isEqualTo(planned.migrations());
    assertThat(report.brokenRows()).isEmpty();
    assertThat(value(database, TABLES))
        .isEqualTo(
            "database_origin database_shard federation_signing_keys file_removals files"
                + " flyway_schema_history invitations job_leases mailbox_issuers members"
                + " peer_signatures person_grants person_grants_given person_spaces"
                + " rate_limit_actions records revocations space_shards spaces");
    assertThat(value(database, "select count(*) from pg_constraint where not convalidated"))
        .isEqualTo("0");
  }

  @Test
  void aSecondTimeChangesNothing() throws Exception {
    DataSource database = Databases.newlyMigrated();
    String before = value(database, HISTORY);
    assertThat(new SchemaMigration(database).migrate().upToDate()).isTrue();
    assertThat(new SchemaMigration(database).check().lines())
        .containsExactly("The schema is up to date.");
    assertThat(value(database, HISTORY)).isEqualTo(before);
  }

  @Test
  void theHistoryTellsWithoutFlywayThatNothingIsToBeDone() throws Exception {
    assertThat(isUpToDate(Databases.newlyMigrated())).isTrue();
    DataSource adopted = Databases.earlierRelease();
    new SchemaMigration(adopted).migrate();
    assertThat(isUpToDate(adopted)).isTrue();
    // Flyway too must find nothing to do, or a checksum here would not be Flyway's.
    assertThat(new SchemaMigration(adopted).check().upToDate()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "update flyway_schema_history set checksum = checksum + 1 where script = 'R__push.sql'",
        "update flyway_schema_history set checksum = checksum + 1 where version = '2'",
        "update flyway_schema_history set success = false where version = '2'",
        "update flyway_schema_history set type = 'DELETE' where version = '3'",
        "update flyway_schema_history set script = 'V99__later.sql', version = '99'"
            + " where version = '3'",
        "delete from flyway_schema_history where version = '3'",
        "delete from flyway_schema_history where version = '1'",
        "delete from flyway_schema_history where script = 'R__pull.sql'"
      })
  void anythingElseInTheHistoryIsForFlyway(String change) throws Exception {
    DataSource database = Databases.migrated();
    execute(database, change);
    assertThat(isUpToDate(database)).isFalse();
  }

  private static boolean isUpToDate(DataSource database) throws Exception {
    try (Connection connection = database.getConnection()) {
      return MigrationHistory.isUpToDate(connection);
    }
  }

  @Test
  void leavesTheTablesOfOthersAlone() throws Exception {
    DataSource database = Databases.empty();
    execute(database, "create table inventory (id int); insert into inventory values (1)");
    assertThat(new SchemaMigration(database).migrate().before()).isEqualTo(SchemaState.EMPTY);
    assertThat(value(database, "select count(*) from inventory")).isEqualTo("1");
    assertThat(value(database, "select count(*) from records")).isEqualTo("0");
  }

  @Test
  void worksInTheSchemaThatNamesGoTo() throws Exception {
    DataSource database = Databases.empty();
    execute(database, "create schema sync");
    ((PGSimpleDataSource) database).setCurrentSchema("sync");
    new SchemaMigration(database).migrate();
    assertThat(value(database, "select count(*) from sync.records")).isEqualTo("0");
    assertThat(value(database, TABLES)).isEqualTo("null");
  }

  /** When a migration or a function is new, this says what is missing in the file, or too much. */
  @Test
  void theListOfObjectsIsThatOfTheMigrations() throws Exception {
    try (Connection connection = Databases.migrated().getConnection()) {
      assertThat(SchemaObjects.expected())
          .containsExactlyElementsOf(SchemaObjects.present(connection).stream().sorted().toList());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "drop table invitations cascade | lacks constraint invitations_mailbox_check, index",
        "alter table records drop constraint records_pkey cascade | constraint files_record_fk",
        "drop trigger spaces_keep_shard on spaces | lacks trigger spaces_keep_shard, which",
        "drop function push_records | lacks function push_records, which its history says it has",
        "update flyway_schema_history set success = false where version = '9'"
            + " | migration 9 (moved spaces) has failed on this database",
      })
  void refusesADatabaseThatIsOnlyInPartWhatItsHistorySays(String damage, String message) {
    DataSource database = Databases.newlyMigrated();
    execute(database, damage);
    SchemaMigration migration = new SchemaMigration(database);
    for (ThrowingCallable each : List.<ThrowingCallable>of(migration::check, migration::migrate)) {
      assertThatThrownBy(each)
          .isInstanceOf(SchemaMigrationException.class)
          .hasMessageContaining(message);
    }
  }

  /** A schema that is named like the role comes first. */
  @Test
  void refusesAnEmptySchemaThatHidesTheTables() throws Exception {
    DataSource database = Databases.newlyMigrated();
    execute(database, "create schema postgres");
    SchemaMigration migration = new SchemaMigration(database);
    for (ThrowingCallable each : List.<ThrowingCallable>of(migration::check, migration::migrate)) {
      assertThatThrownBy(each)
          .isInstanceOf(SchemaMigrationException.class)
          .hasMessageContaining(
              "the schema postgres, which comes first because it is named like the role,")
          .hasMessageContaining("ALTER ROLE postgres SET search_path = public");
    }
    assertThat(value(database, "select count(*) from pg_tables where schemaname = 'postgres'"))
        .isEqualTo("0");
    execute(database, "drop schema postgres");
    assertThat(migration.migrate().upToDate()).isTrue();
  }

  /** Each function stands in one script, once, and the database holds no other. */
  @Test
  void theScriptsHoldEachFunctionOnce() throws Exception {
    Pattern definition = Pattern.compile("create function (\\w+)");
    List<String> defined = new ArrayList<>();
    for (Path script : scripts("R__")) {
      String sql = Files.readString(script);
      List<String> own = definition.matcher(sql).results().map(found -> found.group(1)).toList();
      assertThat(sql)
          .as("%s drops what it creates", script)
          .startsWith("call drop_functions(")
          .satisfies(
              text ->
                  assertThat(Pattern.compile("'(\\w+)'").matcher(text.split(";", 2)[0]).results())
                      .extracting(found -> found.group(1))
                      .containsExactlyElementsOf(own));
      defined.addAll(own);
    }
    assertThat(defined).doesNotHaveDuplicates();
    assertThat(
            value(
                    Databases.migrated(),
                    "select string_agg(proname, ' ' order by proname) from pg_proc"
                        + " where pronamespace = 'public'::regnamespace and prokind = 'f'"
                        + " and prorettype <> 'trigger'::regtype")
                .split(" "))
        .containsExactlyInAnyOrderElementsOf(defined);
  }

  /** A later release changes the parameters of one function and the result of another. */
  @Test
  void runsAScriptAgainWhenItHasChanged() throws Exception {
    DataSource database = Databases.migrated();
    String shape = value(database, SHAPE);
    execute(
        database,
        """
        call drop_functions('push_records', 'revoke_ucan');
        create function push_records(space uuid, out code text) language sql as 'select null';
        create function push_records(space uuid, client text, out code text)
          language sql as 'select null';
        create function revoke_ucan(space uuid, client text, chain text[], cid text) returns int
          language sql as 'select 1';
        update flyway_schema_history set checksum = checksum - 1
         where description in ('push', 'revocation')
        """);
    SchemaMigration migration = new SchemaMigration(database);
    assertThat(migration.check().lines())
        .containsExactly(
            "The schema is of an older version.",
            "Would apply migration push (functions)",
            "Would apply migration revocation (functions)");
    assertThat(migration.migrate().migrations()).hasSize(2);
    assertThat(value(database, SHAPE)).isEqualTo(shape);
    assertThat(migration.migrate().upToDate()).isTrue();
  }

  @Test
  void aScriptLeavesTheFunctionsOfAnotherSchemaAlone() throws Exception {
    DataSource database = Databases.migrated();
    String functions =
        "select string_agg(oid || ' ' || proname, ',' order by oid) from pg_proc"
            + " where pronamespace = 'public'::regnamespace";
    String before = value(database, functions);
    execute(database, "create schema sync");
    PGSimpleDataSource publicSchema = (PGSimpleDataSource) database;
    PGSimpleDataSource both = new PGSimpleDataSource();
    both.setUrl(publicSchema.getUrl());
    both.setUser(publicSchema.getUser());
    both.setPassword(publicSchema.getPassword());
    both.setCurrentSchema("sync,public");
    new SchemaMigration(both).migrate();
    assertThat(value(database, functions)).isEqualTo(before);
    assertThat(
            value(
                database,
                "select count(*) from pg_proc where proname = 'push_records'"
                    + " and pronamespace = 'sync'::regnamespace"))
        .isEqualTo("1");
  }

  /** What the commands that only look ask first. */
  @Test
  void saysSoIfTheSearchPathLeadsNowhere() throws Exception {
    DataSource database = Databases.newlyMigrated();
    execute(
        database,
        "do $$ begin execute format('alter database %I set search_path = nowhere',"
            + " current_database()); end $$");
    Databases.endSessions(database);
    assertThatThrownBy(() -> new SchemaMigration(database).isCurrent())
        .isInstanceOf(SchemaMigrationException.class)
        .hasMessageContaining("its search_path is nowhere");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void serversThatStartAtOnceMigrateOnce(boolean adopting) throws Exception {
    DataSource database = adopting ? Databases.earlierRelease() : Databases.empty();
    if (adopting) {
      execute(database, EarlierRows.GOOD + EarlierRows.BAD);
    }
    int servers = 4;
    CyclicBarrier start = new CyclicBarrier(servers);
    List<SchemaReport> reports = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(servers)) {
      List<Future<SchemaReport>> running = new ArrayList<>();
      for (int i = 0; i < servers; i++) {
        running.add(
            threads.submit(
                () -> {
                  start.await(60, TimeUnit.SECONDS);
                  return new SchemaMigration(database).migrate();
                }));
      }
      for (Future<SchemaReport> report : running) {
        reports.add(report.get(60, TimeUnit.SECONDS));
      }
    }
    assertThat(reports).filteredOn(report -> !report.upToDate()).hasSize(1);
    assertThat(value(database, "select count(*) from flyway_schema_history where type = 'SQL'"))
        .isEqualTo(String.valueOf(adopting ? scripts() - 1 : scripts()));
  }

  @Test
  void takesLongerThanAStatementMayInTheServersPoolAndGivesTheSettingBack() throws Exception {
    DataSource database = Databases.earlierRelease();
    ((PGSimpleDataSource) database).setOptions("-c statement_timeout=2s");
    try (var transaction = MigrationTransaction.begin(database);
        var statement = transaction.connection().createStatement()) {
      statement.execute("select pg_sleep(2.1)");
    }
    var pooled = new PooledConnection(database);
    try (var transaction = MigrationTransaction.beginReadOnly(pooled);
        var statement = transaction.connection().createStatement()) {
      assertThatThrownBy(() -> statement.execute("create table t (i int)"))
          .hasMessageContaining("read-only");
    }
    new SchemaMigration(pooled).migrate();
    try (var statement = pooled.physical().createStatement();
        var row =
            statement.executeQuery(
                "select current_setting('statement_timeout'), current_setting('lock_timeout'),"
                    + " current_setting('transaction_read_only'), current_setting('search_path'),"
                    + " current_setting('role'),"
                    + " (select count(*) from pg_locks where locktype = 'advisory'"
                    + " and pid = pg_backend_pid())")) {
      row.next();
      assertThat(row.getString(1)).isEqualTo("2s");
      assertThat(row.getString(2)).isEqualTo("0");
      assertThat(row.getString(3)).isEqualTo("off");
      assertThat(row.getString(4)).isEqualTo("\"$user\", public");
      assertThat(row.getString(5)).isEqualTo("none");
      assertThat(row.getInt(6)).isZero();
    }
    pooled.physical().close();
  }

  @Test
  void sharesNoSecretWhereTheDatabaseCannotBeReached() {
    PGSimpleDataSource database = new PGSimpleDataSource();
    database.setUrl(
        "jdbc:postgresql://127.0.0.1:1/sync?user=alice&password=hunter2&connectTimeout=5");
    assertThatThrownBy(() -> new SchemaMigration(database).migrate())
        .isInstanceOf(SchemaMigrationException.class)
        .message()
        .contains("127.0.0.1:1")
        .doesNotContain("hunter2", "\n");
  }
}
