package dev.betterbase.sync.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** Watches how PostgreSQL reads a table. */
public final class IndexScans {
  private IndexScans() {}

  /**
   * Asserts that a table is read through an index wherever there is one for the condition. The
   * table is small, so sequential scans are made expensive.
   *
   * @param reading reads the table of the database that it gets
   */
  public static void assertIndexed(String table, Consumer<DataSource> reading) throws SQLException {
    PooledConnection pool = new PooledConnection(Databases.migrated());
    try (Connection connection = pool.physical();
        Statement statement = connection.createStatement()) {
      // Until the migration is gone: its scans count, too.
      await().until(() -> isAlone(statement));
      statement.execute("select pg_stat_reset()");
      statement.execute("set enable_seqscan = off");
      reading.accept(pool);
      statement.execute("select pg_stat_force_next_flush()");
      try (ResultSet row =
          statement.executeQuery(
              "select seq_scan, idx_scan from pg_stat_user_tables where relname = '"
                  + table
                  + "'")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getLong(2)).as("index scans of %s", table).isPositive();
        assertThat(row.getLong(1)).as("sequential scans of %s", table).isZero();
      }
    }
  }

  private static boolean isAlone(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "select count(*) from pg_stat_activity where datname = current_database()")) {
      return row.next() && row.getInt(1) == 1;
    }
  }
}
