package dev.betterbase.sync.storage;

import dev.betterbase.sync.fault.SqlErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether a database can be written, and holds what pushes and pulls need. A connection alone
 * says neither: on a standby every transaction is read-only, someone may have dropped the database
 * of a running server and made an empty one in its place, and a right may have been revoked.
 */
public final class DatabasePing {
  private static final int TIMEOUT_SECONDS = 2;

  /** The SQLSTATE with which PostgreSQL refuses to write. */
  private static final String READ_ONLY = "25006";

  /** The SQLSTATE of a table that does not exist. */
  private static final String NO_TABLE = "42P01";

  /** Looks names up in indexes of the catalog, because it is asked once a second. */
  private static final String PING =
      """
      select current_setting('transaction_read_only')::boolean, to_regclass('spaces') is not null,
        current_database(), current_setting('search_path'), current_user,
        (select string_agg(name, ', ')
           from unnest('{spaces, records, members, files, revocations}'::text[]) as name
          where not coalesce(has_table_privilege(to_regclass(name)::oid, 'select'), false)),
        (select string_agg(name, ', ')
           from unnest('{open_space, open_spaces, is_here, refusal, read_space, lock_space,
                         push_changes, push_records, push_together,
                         begin_pull, pull_batch, pull_rows}'::text[]) as name
          where not exists (
            select from pg_proc
             where proname = name and pg_function_is_visible(oid)
               and has_function_privilege(oid, 'execute')))
      """;

  private DatabasePing() {}

  /**
   * Asks once. The statement may take 2 s once there is a connection.
   *
   * @throws StorageException if the database cannot be written, for example because it is a
   *     standby, or a table or function of pushes and pulls is not there for the role of the server
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
   * Requires the tables and functions only.
   *
   * @throws SQLException if one is not there for the role of the server, or there is no answer
   *     within 2 s
   */
  static void requireTables(Database database, Connection connection) throws SQLException {
    ask(database, connection, false);
  }

  /** The reason why a database cannot be used, without the message of the driver or PostgreSQL. */
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
      requireUsable("table", row.getString(6), row);
      requireUsable("function", row.getString(7), row);
      if (toWrite && row.getBoolean(1)) {
        throw new SQLException("the database is read-only", READ_ONLY);
      }
    }
  }

  private static void requireUsable(String kind, @Nullable String unusable, ResultSet row)
      throws SQLException {
    if (unusable != null) {
      throw new SQLException(
          "database %s (search_path %s) has no %s %s that the role %s may use: grant the right, or rename back what was renamed"
              .formatted(row.getString(3), row.getString(4), kind, unusable, row.getString(5)),
          NO_TABLE);
    }
  }
}
