package dev.betterbase.sync.storage;

import dev.betterbase.sync.fault.SqlErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Asks whether a database can be written, and holds the tables of this server. A connection alone
 * says neither: on a standby every transaction is read-only, and someone may have dropped the
 * database of a running server and made an empty one in its place.
 */
public final class DatabasePing {
  private static final int TIMEOUT_SECONDS = 2;

  /** The SQLSTATE with which PostgreSQL refuses to write. */
  private static final String READ_ONLY = "25006";

  /** The SQLSTATE of a table that does not exist. */
  private static final String NO_TABLE = "42P01";

  private static final String PING =
      """
      select current_setting('transaction_read_only')::boolean, to_regclass('spaces') is not null,
        current_database(), current_setting('search_path')
      """;

  private DatabasePing() {}

  /**
   * Asks once. The statement may take 2 s once there is a connection.
   *
   * @throws StorageException if the database cannot be written, for example because it is a
   *     standby, or does not hold the tables
   */
  public static void require(Database database) {
    database.run(
        "ping",
        connection -> {
          ask(database, connection, true);
          return true;
        });
  }

  /**
   * Requires the tables only.
   *
   * @throws SQLException if they are not there, or there is no answer within 2 s
   */
  static void requireTables(Database database, Connection connection) throws SQLException {
    ask(database, connection, false);
  }

  /** Why a database cannot be used, without what a driver or PostgreSQL says in a message. */
  static String reason(SQLException failure) {
    return NO_TABLE.equals(failure.getSQLState())
        ? String.valueOf(failure.getMessage())
        : "SQLSTATE " + SqlErrors.state(failure);
  }

  private static void ask(Database database, Connection connection, boolean toWrite)
      throws SQLException {
    try (PreparedStatement select = database.statement(connection, PING, TIMEOUT_SECONDS);
        ResultSet row = select.executeQuery()) {
      row.next();
      if (!row.getBoolean(2)) {
        throw new SQLException(
            "the tables of this server are gone from database %s (search_path %s): restore a backup, or start this server again, which makes them anew and empty"
                .formatted(row.getString(3), row.getString(4)),
            NO_TABLE);
      }
      if (toWrite && row.getBoolean(1)) {
        throw new SQLException("the database is read-only", READ_ONLY);
      }
    }
  }
}
