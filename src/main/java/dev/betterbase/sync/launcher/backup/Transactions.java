package dev.betterbase.sync.launcher.backup;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * A transaction on each database, from the first on. Closing them rolls back what was not
 * committed.
 *
 * @param connections their connections
 */
record Transactions(List<Connection> connections) implements AutoCloseable {
  /** Copying the rows of one database may take long, and the others wait meanwhile. */
  private static final String LIMITS =
      "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;"
          + " set local lock_timeout = '60s'";

  /** Connects to each database. A transaction begins with its first statement. */
  static Transactions on(List<DataSource> databases) throws SQLException {
    Transactions all = new Transactions(new ArrayList<>());
    try {
      for (DataSource database : databases) {
        all.connections.add(database.getConnection());
      }
      for (Connection connection : all.connections) {
        connection.setAutoCommit(false);
      }
      return all;
    } catch (SQLException failure) {
      all.close();
      throw failure;
    }
  }

  /** Begins the transaction of a connection, without a time-out but for a minute for a lock. */
  static void begin(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(LIMITS);
    }
  }

  Connection first() {
    return connections.getFirst();
  }

  /** The first is committed last, because its directory names what is in the others. */
  void commit() throws SQLException {
    for (Connection connection : connections.reversed()) {
      connection.commit();
    }
  }

  @Override
  public void close() throws SQLException {
    List<SQLException> failures = new ArrayList<>();
    for (Connection connection : connections) {
      try {
        connection.close();
      } catch (SQLException failure) {
        failures.add(failure);
      }
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }
}
