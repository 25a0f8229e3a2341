package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * A database that may have been restored from a backup, so that clients may have seen more of it
 * than it holds (docs/running.md). Until its cursors are renumbered, such clients miss new records,
 * because those get cursors that the clients already have.
 */
public final class RestoredDatabase {
  static final String LOOKS_RESTORED = "select looks_restored()";

  private final DataSource database;

  /**
   * @param database the source of connections to a database with the current schema; they have no
   *     statement time-out
   */
  public RestoredDatabase(DataSource database) {
    this.database = database;
  }

  /**
   * Whether the data came from a dump, and nobody has confirmed it since. A copy of the database's
   * files, such as a standby, an upgrade by {@code pg_upgrade} or a restored base backup, does not
   * look restored.
   */
  public boolean looksRestored() throws SQLException {
    try (Connection connection = database.getConnection()) {
      return looksRestored(connection);
    }
  }

  static boolean looksRestored(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(LOOKS_RESTORED)) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /**
   * Gives every space and its content new cursors, higher than any that clients may have seen, and
   * confirms the data. Clients then pull everything. All or nothing.
   *
   * @return the number of spaces
   */
  public long renumber() throws SQLException {
    return inTransaction("select renumber_cursors(), confirm_origin()");
  }

  /** Confirms the data, which is complete: no server wrote after the dump was made. */
  public void confirm() throws SQLException {
    inTransaction("select 0, confirm_origin()");
  }

  private long inTransaction(String call) throws SQLException {
    try (var transaction = MigrationTransaction.begin(database);
        Statement statement = transaction.connection().createStatement();
        ResultSet row = statement.executeQuery(call)) {
      row.next();
      long result = row.getLong(1);
      transaction.commit();
      return result;
    }
  }
}
