package dev.betterbase.sync.operation;

import static dev.betterbase.sync.operation.SchemaFacts.HISTORY;
import static dev.betterbase.sync.operation.SchemaFacts.SHAPE;
import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import java.util.List;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases of newer releases and of interim builds. */
@DatabaseTest
class OtherReleaseIT {
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
}
