package dev.betterbase.sync.storage;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Keeps moves of spaces and backups apart (docs/decisions/0020-many-databases.md, Backup). A move
 * is decided by a commit in the old database of the space. A backup holds a lock in every database
 * until it has a snapshot of each, so that no move is decided between two of them.
 */
public final class MoveDecisions {
  private static final String ALLOW =
      "select pg_advisory_xact_lock_shared(hashtextextended('decide moves', 0))";

  private static final String PREVENT =
      "select pg_advisory_xact_lock(hashtextextended('decide moves', 0))";

  private MoveDecisions() {}

  /**
   * Lets the current transaction decide a move by its commit. Waits while a backup takes its
   * snapshots, for at most the {@code lock_timeout} of the transaction.
   *
   * @param old the old database of the space
   */
  public static void allow(Connection old) throws SQLException {
    execute(old, ALLOW);
  }

  /**
   * Lets no move out of this database be decided until the current transaction ends. Waits for the
   * moves that are about to be, for at most the {@code lock_timeout} of the transaction.
   */
  public static void prevent(Connection database) throws SQLException {
    execute(database, PREVENT);
  }

  private static void execute(Connection connection, String lock) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(lock);
    }
  }
}
