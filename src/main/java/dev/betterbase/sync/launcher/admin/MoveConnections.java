package dev.betterbase.sync.launcher.admin;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/** The connections of {@link SpaceMove}, each of which waits for nothing without a time-out. */
final class MoveConnections {
  private MoveConnections() {}

  /**
   * A new connection, on which each transaction begins with {@link #limit}.
   *
   * @param silence the connection fails if the database says nothing for this long
   */
  static Connection open(DataSource database, Duration silence) throws SQLException {
    Connection connection = database.getConnection();
    try {
      connection.setNetworkTimeout(Runnable::run, Math.toIntExact(silence.toMillis()));
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException failure) {
      connection.close();
      throw failure;
    }
  }

  /**
   * Begins a transaction. Its settings end with it, because a pooler may give the session to others
   * then.
   *
   * @param statement the longest time of a statement, and between two of them
   * @param lock the longest wait for a lock
   */
  static void limit(Connection connection, Duration statement, Duration lock) throws SQLException {
    try (Statement set = connection.createStatement()) {
      set.execute("set local statement_timeout = " + statement.toMillis());
      set.execute("set local lock_timeout = " + lock.toMillis());
      // A command that hangs, or whose machine is gone, must not hold a lock for longer.
      set.execute("set local idle_in_transaction_session_timeout = " + statement.toMillis());
      set.execute("set local synchronous_commit = on");
      // The statistics may not know the space yet.
      set.execute("set local enable_seqscan = off");
    }
  }

  static void pause(Duration time) {
    try {
      TimeUnit.NANOSECONDS.sleep(time.toNanos());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }
}
