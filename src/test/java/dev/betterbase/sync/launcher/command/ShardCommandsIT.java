package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.launcher.command.Commands.Outcome;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.TestPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The commands on two databases (docs/scaling.md, Shards). */
@DatabaseTest
@Order(1)
class ShardCommandsIT {
  private static final String IN_FIRST = "10000000-0000-4000-8000-000000000001";
  private static final String IN_SECOND = "f0000000-0000-4000-8000-000000000002";

  private final TestPostgres.Database first = Databases.migratedDatabase();
  private final TestPostgres.Database second = Databases.migratedDatabase();
  private final Map<String, String> settings =
      new HashMap<>(Map.of("DATABASE_URL", first.url(), "DATABASE_SHARDS", second.url()));

  private Outcome run(String... arguments) {
    return Commands.run(settings, arguments);
  }

  private String done(String... arguments) {
    Outcome outcome = run(arguments);
    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    return outcome.output();
  }

  private void assertRefused(String reason, String... arguments) {
    Outcome outcome = run(arguments);
    assertThat(outcome.exitCode()).isNotZero();
    assertThat(outcome.output()).contains(reason).hasLineCount(1);
  }

  private static long count(TestPostgres.Database database, String table) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select count(*) from " + table)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static void fill(TestPostgres.Database database, String space) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          insert into spaces (id, client_id, cursor) values ('%1$s', 'app', 1);
          insert into records (space_id, id, cursor, blob, wrapped_dek)
            values ('%1$s', '%1$s', 1, '\\x0102', decode(repeat('00', 44), 'hex'));
          """
              .formatted(space));
    }
  }

  @BeforeEach
  void fillBoth() throws SQLException {
    // The commands make the databases two of several, which the second must not have been before.
    done("admin", "usage");
    fill(first, IN_FIRST);
    fill(second, IN_SECOND);
    try (Connection connection = first.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "insert into space_shards (space_id, shard) values ('%s', 2)".formatted(IN_SECOND));
    }
  }

  @Test
  void administratorsSeeOneServer() {
    String all = done("admin", "spaces", "list");
    assertThat(all.indexOf(IN_FIRST)).isPositive();
    assertThat(all.indexOf(IN_SECOND)).isGreaterThan(all.indexOf(IN_FIRST));
    assertThat(done("admin", "spaces", "list", "--limit", "1"))
        .contains(IN_FIRST)
        .doesNotContain(IN_SECOND);
    assertThat(done("admin", "spaces", "list", "--after", IN_FIRST))
        .contains(IN_SECOND)
        .doesNotContain(IN_FIRST);
    assertThat(done("admin", "spaces", "show", IN_SECOND)).contains(IN_SECOND);
    assertThat(done("admin", "usage", "--json"))
        .contains("\"spaces\":2", "\"record_bytes\":4", IN_FIRST, IN_SECOND);
    assertThat(done("admin", "doctor")).contains("Everything fits together.");
    assertThat(done("admin", "spaces", "delete", IN_SECOND, "--yes")).startsWith("Deleted ");
    assertRefused("there is no space", "admin", "spaces", "show", IN_SECOND);
    assertThat(done("admin", "spaces", "show", IN_FIRST)).contains(IN_FIRST);
  }

  /** Nodes keep where they have found a space, also one that has no row in the directory. */
  @Test
  void aSpaceThatIsMadeAnewIsMadeWhereItWas() throws SQLException {
    done("admin", "spaces", "delete", IN_FIRST, "--yes");
    try (Connection connection = first.connect();
        Statement statement = connection.createStatement();
        ResultSet placed =
            statement.executeQuery("select place_space('%s', 2)".formatted(IN_FIRST))) {
      placed.next();
      assertThat(placed.getInt(1)).isEqualTo(1);
    }
  }

  @Test
  void theDoctorLooksIntoBoth() throws SQLException {
    try (Connection connection = second.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("update spaces set cursor = 0");
    }
    assertThat(run("admin", "doctor").output()).contains("space " + IN_SECOND);
    done("admin", "doctor", "--repair");
    assertThat(done("admin", "doctor")).contains("Everything fits together.");
  }

  @Test
  void aSpaceMovesToAnotherDatabase() throws SQLException {
    assertThat(done("admin", "spaces", "move", IN_SECOND, "--to", "1"))
        .matches(
            "Moved space %s from database 2 to 1: 1 rows, \\d+ bytes copied, fenced for \\d+ ms\\.\n"
                .formatted(IN_SECOND));
    assertThat(count(first, "records")).isEqualTo(2);
    assertThat(count(second, "records")).isZero();
    assertThat(done("admin", "spaces", "list", "--json"))
        .as("what says in the second that it has left is no space")
        .containsOnlyOnce(IN_SECOND);
    assertThat(done("admin", "usage", "--json")).contains("\"spaces\":2", "\"record_bytes\":4");
    assertThat(done("admin", "spaces", "move", IN_FIRST, "--to", "2", "--json"))
        .contains(
            "\"space\":\"" + IN_FIRST + "\"", "\"from\":1,\"to\":2,\"rows\":1", "\"cleared\":true");
    assertThat(done("admin", "doctor")).contains("Everything fits together.");
    assertThat(done("admin", "spaces", "delete", IN_FIRST, "--yes")).startsWith("Deleted ");
    assertRefused("there is no space", "admin", "spaces", "move", IN_FIRST, "--to", "1");
  }

  @Test
  void whatAMoveHasLeftIsFoundAndRemoved() throws SQLException {
    done("admin", "spaces", "move", IN_SECOND, "--to", "1");
    try (Connection connection = second.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "insert into records (space_id, id, cursor, deleted) values ('%1$s', '%1$s', 1, true)"
              .formatted(IN_SECOND));
    }
    assertThat(run("admin", "doctor").output()).contains("moves: space " + IN_SECOND);
    assertThat(done("admin", "spaces", "move", IN_SECOND, "--to", "1"))
        .isEqualTo("Ended the earlier move of space " + IN_SECOND + " to database 1.\n");
    assertThat(count(second, "records")).isZero();
    assertThat(done("admin", "doctor")).contains("Everything fits together.");
  }

  @Test
  void aMoveThatCannotBeIsRefused() throws SQLException {
    assertMoveRefused("there is no space 1000", "10000000-0000-4000-8000-000000000009", "2");
    assertMoveRefused("expected the number of a database, from 1 to 2", IN_FIRST, "3");
    assertMoveRefused("expected the number of a database, from 1 to 2", IN_FIRST, "0");
    assertMoveRefused("is in database 2 already", IN_SECOND, "2");
    assertMoveRefused("expected the id of a space", "a-space", "2");
    try (Connection connection = first.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(
          "select pg_advisory_xact_lock(hashtextextended('move %s', 0))".formatted(IN_FIRST));
      assertMoveRefused("is being moved already", IN_FIRST, "2");
    }
    try (Connection connection = second.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("delete from flyway_schema_history where script = 'R__push.sql'");
    }
    assertMoveRefused("is not that of this release", IN_FIRST, "2");
    settings.remove("DATABASE_SHARDS");
    assertMoveRefused("name fewer databases than before", IN_FIRST, "2");
    settings.put("DATABASE_URL", TestPostgres.shared().newDatabase().url());
    done("migrate");
    assertMoveRefused("DATABASE_SHARDS is not set", IN_FIRST, "2");
  }

  private void assertMoveRefused(String reason, String space, String to) {
    assertRefused(reason, "admin", "spaces", "move", space, "--to", to);
  }

  /** An upload, for example, holds the space while it puts bytes in their place. */
  @Test
  void aSpaceThatIsBusyStaysWhereItIs() throws SQLException {
    try (Connection connection = first.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("select hold_space('%s')".formatted(IN_FIRST));
      assertMoveRefused("is busy", IN_FIRST, "2");
    }
    assertThat(done("admin", "spaces", "move", IN_FIRST, "--to", "2")).startsWith("Moved space ");
  }

  @Test
  void migrateMakesTheSchemaInBoth() {
    settings.put("DATABASE_URL", TestPostgres.shared().newDatabase().url());
    settings.put("DATABASE_SHARDS", TestPostgres.shared().newDatabase().url());
    assertThat(done("migrate").lines().filter(line -> line.endsWith(":"))).hasSizeGreaterThan(1);
    done("admin", "usage");
  }

  @Test
  void restoredChangesBoth() {
    assertThat(done("restored")).contains("all spaces (2).");
  }

  @Test
  void theDoctorFindsASpaceThatTheDirectoryDoesNot() throws SQLException {
    try (Connection connection = first.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("delete from space_shards");
    }
    assertThat(run("admin", "doctor").output())
        .contains(
            "directory: space "
                + IN_SECOND
                + ": it is in database 2, but the directory names database 1");
  }

  @Test
  void anotherOrderAShorterListAndAUsedDatabaseAreRefused() throws SQLException {
    settings.put("DATABASE_URL", second.url());
    settings.put("DATABASE_SHARDS", first.url());
    assertRefused("had another number before", "admin", "usage");
    settings.put("DATABASE_URL", first.url());
    settings.remove("DATABASE_SHARDS");
    assertRefused("name fewer databases than before", "admin", "usage");
    TestPostgres.Database used = TestPostgres.shared().newDatabase();
    settings.put("DATABASE_SHARDS", second.url() + " " + used.url());
    done("migrate");
    fill(used, IN_FIRST);
    assertRefused("has spaces of its own", "admin", "usage");
  }
}
