package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** What an operator is told of a PostgreSQL that may lose what it has acknowledged. */
@DatabaseTest
class DurabilityIT {

  private static String warning(Connection connection, String setting) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set synchronous_commit = " + setting);
    }
    return Durability.warning(connection).orElse("");
  }

  @Test
  void aSessionThatDoesNotWaitForTheDisk() throws SQLException {
    try (TestPostgres postgres = TestPostgres.start();
        Connection connection = postgres.newDatabase().connect()) {
      assertThat(warning(connection, "off")).contains("because of synchronous_commit = off");
      for (String safe : new String[] {"on", "local", "remote_write", "remote_apply"}) {
        assertThat(warning(connection, safe)).as(safe).isEmpty();
      }
    }
  }

  @Test
  void aServerThatDoesNotWaitForTheDisk() throws SQLException {
    try (Connection connection = TestPostgres.shared().newDatabase().connect()) {
      assertThat(warning(connection, "off"))
          .contains("because of fsync and synchronous_commit = off");
      assertThat(warning(connection, "on")).contains("because of fsync = off");
    }
  }
}
