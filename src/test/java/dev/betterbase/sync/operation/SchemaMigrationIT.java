package dev.betterbase.sync.operation;

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
  /** Everything in the schema except the histories of migrations, one fact per line. */
  private static final String SHAPE =
      """
      select string_agg(fact, E'\\n' order by fact) from (
        select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable,
                 column_default) as fact
          from information_schema.columns where table_schema = 'public'
        union all
        select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
          from pg_constraint where connamespace = 'public'::regnamespace
        union all
        select indexdef from pg_indexes where schemaname = 'public'
        union all
        select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
        union all
        select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
      ) as facts
      where fact not like '%flyway_schema_history%' and fact not like '%\\_sqlx\\_migrations%'
      """;

  private static final String TABLES =
      """
      select string_agg(table_name, ' ' order by table_name) from information_schema.tables
       where table_schema = 'public'
      """;

  private static final String HISTORY =
      "select string_agg(t::text, ' ' order by installed_rank) from flyway_schema_history t";

  private static final String COUNTS =
      """
      select concat_ws(' ', (select count(*) from spaces), (select count(*) from records),
        (select count(*) from files), (select count(*) from members),
        (select count(*) from revocations), (select count(*) from invitations),
        (select count(*) from rate_limit_actions), (select count(*) from federation_signing_keys))
      """;

  private static final String GOOD_ROWS =
      """
      insert into spaces (id, client_id, root_public_key, cursor) values
        ('00000000-0000-4000-8000-000000000001', 'c', null, 7),
        ('00000000-0000-4000-8000-000000000002', 'c', decode(repeat('02', 33), 'hex'), 9);
      insert into records (id, space_id, blob, cursor, wrapped_dek, deleted) values
        ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-000000000001', 'x', 6,
          decode(repeat('00', 44), 'hex'), false),
        ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-000000000002', null, 7,
          null, true);
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor, deleted) values
        ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000f1', 10,
          decode(repeat('00', 44), 'hex'), '00000000-0000-4000-8000-0000000000a1', 7, false),
        ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-0000000000f2', 10,
          decode(repeat('00', 44), 'hex'), '00000000-0000-4000-8000-0000000000a2', 7, true);
      insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor) values
        ('00000000-0000-4000-8000-000000000002', 1, null, decode(repeat('11', 32), 'hex'), 'p', 8),
        ('00000000-0000-4000-8000-000000000002', 2, decode(repeat('11', 32), 'hex'),
          decode(repeat('22', 32), 'hex'), 'p', 9);
      insert into revocations values ('00000000-0000-4000-8000-000000000002', repeat('a', 64));
      insert into invitations (mailbox_id, payload, expires_at)
        values (repeat('b', 64), 'p', now() + interval '1 day');
      insert into rate_limit_actions values ('invite', repeat('c', 64), now());
      insert into federation_signing_keys (kid, private_key, public_key, is_primary)
        values ('https://a.example/k#1', decode(repeat('00', 32), 'hex'),
          decode(repeat('00', 32), 'hex'), true);
      """;

  /** Breaks each new constraint with one row. */
  private static final String BAD_ROWS =
      """
      insert into records (id, space_id, blob, cursor, wrapped_dek, deleted) values
        ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-000000000001', 'x', 6,
          decode(repeat('00', 40), 'hex'), false),
        ('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-000000000001', 'left', 6,
          null, true);
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor) values
        ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-0000000000f3', 10,
          decode(repeat('00', 44), 'hex'), '00000000-0000-4000-8000-0000000000a1', 7);
      insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor) values
        ('00000000-0000-4000-8000-000000000002', 3, 'short', decode(repeat('33', 32), 'hex'), 'p',
          9);
      insert into revocations values ('00000000-0000-4000-8000-000000000002', 'ABC');
      insert into invitations (mailbox_id, payload, expires_at)
        values ('alice', 'p', now() + interval '1 day');
      update federation_signing_keys set public_key = 'short';
      """;

  private static final String[] CONSTRAINTS = {
    "federation_signing_keys_primary_check",
    "files_record_fk",
    "invitations_mailbox_check",
    "members_entry_check",
    "records_dek_check",
    "records_tombstone_check",
    "revocations_cid_check"
  };

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

  @Test
  void adoptsADatabaseOfTheEarlierRelease() throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, GOOD_ROWS);
    String counts = value(database, COUNTS);
    SchemaReport report = new SchemaMigration(database).migrate();
    assertThat(report.before()).isEqualTo(SchemaState.EARLIER_RELEASE);
    assertThat(report.brokenRows()).isEmpty();
    assertThat(value(database, COUNTS)).isEqualTo(counts);
    assertThat(value(database, SHAPE)).isEqualTo(value(Databases.migrated(), SHAPE));
    assertThat(value(database, "select count(*) from pg_constraint where not convalidated"))
        .isEqualTo("0");
    assertThat(
            value(
                database,
                "select string_agg(version || ' ' || success, ',' order by version)"
                    + " from _sqlx_migrations where version > 11"))
        .isEqualTo("12 true,13 true");
    assertThat(value(database, "select string_agg(file_id::text, ',') from file_removals"))
        .as("the bytes of files deleted before")
        .isEqualTo("00000000-0000-4000-8000-0000000000f2");
    assertThat(new SchemaMigration(database).migrate().upToDate()).isTrue();
  }

  @Test
  void adoptionKeepsRowsThatBreakAConstraintAndListsThem() throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, GOOD_ROWS + BAD_ROWS);
    String counts = value(database, COUNTS);
    String tables = value(database, TABLES);

    SchemaReport planned = new SchemaMigration(database).check();
    assertThat(planned.before()).isEqualTo(SchemaState.EARLIER_RELEASE);
    assertThat(planned.brokenRows())
        .extracting(BrokenRows::constraint)
        .containsExactlyInAnyOrder(CONSTRAINTS);
    assertThat(planned.brokenRows()).allMatch(broken -> broken.count() == 1);
    assertThat(planned.lines())
        .contains(
            "  records space_id=00000000-0000-4000-8000-000000000001"
                + " id=00000000-0000-4000-8000-0000000000b1",
            "  files space_id=00000000-0000-4000-8000-000000000002"
                + " id=00000000-0000-4000-8000-0000000000f3",
            "  members space_id=00000000-0000-4000-8000-000000000002 chain_seq=3")
        .noneMatch(line -> line.contains("alice"));
    assertThat(value(database, TABLES)).isEqualTo(tables);
    assertThat(value(database, "select max(version) from _sqlx_migrations")).isEqualTo("12");

    SchemaReport report = new SchemaMigration(database).migrate();
    assertThat(value(database, COUNTS)).isEqualTo(counts);
    assertThat(report.brokenRows()).isEqualTo(planned.brokenRows());
    assertThat(
            value(
                database,
                "select string_agg(conname, ',' order by conname) from pg_constraint"
                    + " where not convalidated"))
        .isEqualTo(String.join(",", CONSTRAINTS));
    assertThat(new SchemaMigration(database).check().brokenRows()).isEqualTo(planned.brokenRows());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into records (space_id, id, cursor, wrapped_dek)"
            + " values ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), 1, 'short')",
        "insert into records (space_id, id, cursor, blob, deleted)"
            + " values ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), 1, 'x', true)",
        "insert into files (space_id, id, size, wrapped_dek, record_id)"
            + " values ('00000000-0000-4000-8000-000000000002', gen_random_uuid(), 1,"
            + " decode(repeat('00', 44), 'hex'), '00000000-0000-4000-8000-0000000000a1')",
        "insert into members values ('00000000-0000-4000-8000-000000000002', 9, 'short',"
            + " decode(repeat('11', 32), 'hex'), 'p')",
        "insert into revocations values ('00000000-0000-4000-8000-000000000002', 'ABC')",
        "insert into invitations (mailbox_id, payload, expires_at) values ('bob', 'p', now())",
        "insert into federation_signing_keys (kid, private_key, public_key, is_primary)"
            + " values ('k2', 'short', 'short', true)"
      })
  void constraintsHoldForNewRowsOfAnAdoptedDatabase(String insert) throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, GOOD_ROWS + BAD_ROWS);
    new SchemaMigration(database).migrate();
    assertThatThrownBy(() -> execute(database, insert)).hasMessageContaining("violates");
  }

  @Test
  void oneIdMayBeARecordInTwoSpaces() throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, GOOD_ROWS);
    new SchemaMigration(database).migrate();
    execute(
        database,
        "insert into records (space_id, id, cursor) values ('00000000-0000-4000-8000-000000000002',"
            + " '00000000-0000-4000-8000-0000000000a1', 10)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          delete from _sqlx_migrations where version = 12 | can be adopted at version 12
          delete from _sqlx_migrations where version = 3 | can be adopted at version 12
          delete from _sqlx_migrations | can be adopted at version 12
          update _sqlx_migrations set success = false where version = 12 | migration 12 of the earlier release has failed
          insert into _sqlx_migrations values (13, 'other', now(), true, '', 1) | can be adopted at version 12
          drop table rate_limit_actions | no table rate_limit_actions
          drop table _sqlx_migrations | that this server did not make
          """)
  void refusesAnythingElseInOneLineAndTouchesNothing(String change, String reason)
      throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, change);
    String before = value(database, SHAPE) + value(database, TABLES);
    SchemaMigration migration = new SchemaMigration(database);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(migration::migrate)
          .isInstanceOf(SchemaMigrationException.class)
          .hasMessageContaining(reason)
          .message()
          .doesNotContain("\n");
    }
    assertThatThrownBy(migration::check)
        .isInstanceOf(SchemaMigrationException.class)
        .hasMessageContaining(reason);
    assertThat(value(database, SHAPE) + value(database, TABLES)).isEqualTo(before);
  }

  @Test
  void anAdoptionThatFailsHalfWayLeavesNothingBehind() throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, GOOD_ROWS + "create table file_removals (in_the_way int)");
    String before = value(database, SHAPE) + value(database, TABLES);
    assertThatThrownBy(() -> new SchemaMigration(database).migrate())
        .isInstanceOf(SchemaMigrationException.class)
        .hasMessageContaining("relation \"file_removals\" already exists")
        .message()
        .doesNotContain("\n");
    assertThat(value(database, SHAPE) + value(database, TABLES)).isEqualTo(before);
    assertThat(value(database, "select max(version) from _sqlx_migrations")).isEqualTo("12");

    execute(database, "drop table file_removals");
    assertThat(new SchemaMigration(database).migrate().before())
        .isEqualTo(SchemaState.EARLIER_RELEASE);
  }

  @Test
  void goesOnWhereACrashLeftOnlyTheBaseline() throws Exception {
    DataSource database = Databases.earlierRelease();
    new SchemaMigration(database).migrate();
    String baseline = value(database, "select t::text from flyway_schema_history t limit 1");
    DataSource crashed = Databases.earlierRelease();
    execute(
        crashed,
        "create table flyway_schema_history (installed_rank int not null constraint"
            + " flyway_schema_history_pk primary key, version varchar(50), description varchar(200)"
            + " not null, type varchar(20) not null, script varchar(1000) not null, checksum int,"
            + " installed_by varchar(100) not null, installed_on timestamp not null default now(),"
            + " execution_time int not null, success boolean not null);"
            + " insert into flyway_schema_history select (r).* from (select ('"
            + baseline
            + "'::flyway_schema_history) as r) as x");
    assertThat(new SchemaMigration(crashed).check().before())
        .isEqualTo(SchemaState.EARLIER_RELEASE);
    assertThat(new SchemaMigration(crashed).migrate().upToDate()).isFalse();
    assertThat(value(crashed, SHAPE)).isEqualTo(value(database, SHAPE));
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

  /** A history as builds from before the first release left it: 3 to 11 held the functions. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "delete from flyway_schema_history where version in ('3', '11');",
        "update flyway_schema_history set type = 'BASELINE', checksum = null,"
            + " script = '<< Flyway Baseline >>' where version = '1';"
      })
  void refusesADatabaseOfAnInterimBuildInOneLineAndTouchesNothing(String change) throws Exception {
    DataSource database = Databases.migrated();
    execute(
        database,
        """
        delete from flyway_schema_history where version is null or version::int > 2;
        update flyway_schema_history set checksum = 1, description = 'keys and constraints',
          script = 'V2__keys_and_constraints.sql' where version = '2';
        insert into flyway_schema_history (installed_rank, version, description, type, script,
            checksum, installed_by, execution_time, success)
          select n, n::text, 'functions', 'SQL', 'V' || n || '__functions.sql', 2, 'x', 1, true
            from unnest(array[3, 4, 6, 7, 8, 9, 10, 11]) as n
        """
            + ";"
            + change);
    String before = value(database, SHAPE) + value(database, HISTORY);
    SchemaMigration migration = new SchemaMigration(database);
    for (ThrowingCallable attempt :
        List.<ThrowingCallable>of(migration::check, migration::migrate)) {
      assertThatThrownBy(attempt)
          .isInstanceOf(SchemaMigrationException.class)
          .hasMessageContaining("interim build")
          .hasMessageContaining("use an empty database")
          .message()
          .doesNotContain("\n");
    }
    assertThat(value(database, SHAPE) + value(database, HISTORY)).isEqualTo(before);
  }

  @Test
  void refusesADatabaseOfANewerRelease() throws Exception {
    DataSource database = Databases.migrated();
    execute(
        database,
        "insert into flyway_schema_history (installed_rank, version, description, type, script,"
            + " installed_by, execution_time, success) values (99, '99', 'later', 'SQL', 'V99.sql',"
            + " 'x', 1, true)");
    assertThatThrownBy(() -> new SchemaMigration(database).migrate())
        .isInstanceOf(SchemaMigrationException.class)
        .hasMessageContaining("version 99 by a newer release")
        .message()
        .doesNotContain("\n");
  }

  private static void newer(DataSource database, int version, String script) {
    execute(
        database,
        "insert into flyway_schema_history (installed_rank, version, description, type, script,"
            + " checksum, installed_by, execution_time, success) values (%1$d, '%1$d', 'later',"
                .formatted(version)
            + " 'SQL', '"
            + script
            + "', 1, 'x', 1, true)");
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

  @Test
  void changesNothingWhereANewerReleaseLetsThisOneWork() throws Exception {
    int latest = SchemaMigration.latestVersion();
    DataSource database = Databases.migrated();
    newer(database, 98, "V98__new_column_allows_" + latest + ".sql");
    newer(database, 99, "V99__another_allows_2.sql");
    execute(
        database,
        "update flyway_schema_history set checksum = 1 where script = 'R__push.sql';"
            + " insert into flyway_schema_history values (100, null, 'new', 'SQL', 'R__new.sql', 1,"
            + " 'x', now(), 1, true)");
    String before = value(database, SHAPE) + value(database, HISTORY);
    SchemaMigration migration = new SchemaMigration(database);
    for (SchemaReport report : List.of(migration.check(), migration.migrate())) {
      assertThat(report.before()).isEqualTo(SchemaState.NEWER);
      assertThat(report.lines()).singleElement().asString().contains("of a newer release");
      assertThat(report.isNews()).isTrue();
    }
    assertThat(migration.isCurrent()).isFalse();
    assertThat(value(database, SHAPE) + value(database, HISTORY)).isEqualTo(before);
  }

  @Test
  void refusesToWorkWhereOneOfTheNewerMigrationsDoesNotAllowIt() throws Exception {
    int latest = SchemaMigration.latestVersion();
    for (String contract : List.of("V99__contract_allows_" + (latest + 1) + ".sql", "V99__x.sql")) {
      DataSource database = Databases.migrated();
      newer(database, 98, "V98__new_column_allows_" + latest + ".sql");
      newer(database, 99, contract);
      String before = value(database, HISTORY);
      SchemaMigration migration = new SchemaMigration(database);
      for (ThrowingCallable attempt :
          List.<ThrowingCallable>of(migration::check, migration::migrate)) {
        assertThatThrownBy(attempt)
            .isInstanceOf(SchemaMigrationException.class)
            .hasMessageContaining("by a newer release than this, which knows version " + latest)
            .message()
            .doesNotContain("\n");
      }
      assertThat(value(database, HISTORY)).isEqualTo(before);
    }
  }

  @Test
  void aSchemaThatDiffersInWhatThisReleaseKnowsIsNotThatOfANewerOne() throws Exception {
    DataSource database = Databases.migrated();
    newer(database, 99, "V99__another_allows_2.sql");
    execute(database, "update flyway_schema_history set checksum = 1 where version = '2'");
    assertThatThrownBy(() -> new SchemaMigration(database).migrate())
        .isInstanceOf(SchemaMigrationException.class)
        .hasMessageContaining("interim build");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void serversThatStartAtOnceMigrateOnce(boolean adopting) throws Exception {
    DataSource database = adopting ? Databases.earlierRelease() : Databases.empty();
    if (adopting) {
      execute(database, GOOD_ROWS + BAD_ROWS);
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
