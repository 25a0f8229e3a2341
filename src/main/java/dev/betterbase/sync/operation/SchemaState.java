package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** The content of a database before it is migrated. Anything else is refused (storage.md). */
public enum SchemaState {
  /** None of the tables of this server. */
  EMPTY,
  /** The schema of the earlier release, at its last version. */
  EARLIER_RELEASE,
  /** A schema with the migration history of this server. */
  OWN,
  /** The same, migrated by a newer release that lets this one work on it. */
  NEWER;

  static final String HISTORY = "flyway_schema_history";

  private static final String EARLIER_HISTORY = "_sqlx_migrations";
  private static final int EARLIER_VERSION = 12;

  private static final List<String> EARLIER_TABLES =
      List.of(
          "spaces",
          "records",
          "files",
          "members",
          "revocations",
          "invitations",
          "rate_limit_actions",
          "federation_signing_keys");

  private static final String TABLES_BEHIND =
      """
      select quote_ident(n.nspname), quote_ident(current_user)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where current_schema() = current_user and current_setting('search_path') like '%$user%'
         and c.oid = to_regclass('spaces')
         and (select count(*) from pg_class other
               where other.relnamespace = n.oid
                 and other.relname in ('records', 'members', 'revocations', 'invitations')) = 4
      """;

  /** The tables that migrations may change; some of them do not exist in every state. */
  static List<String> tables() {
    List<String> tables = new ArrayList<>(EARLIER_TABLES);
    tables.add(HISTORY);
    tables.add(EARLIER_HISTORY);
    return List.copyOf(tables);
  }

  /**
   * Inspects the current schema.
   *
   * @throws SchemaMigrationException if its content is none of these
   */
  static SchemaState of(Connection connection) throws SQLException, SchemaMigrationException {
    if (exists(connection, HISTORY) && hasMigrated(connection)) {
      return MigrationHistory.isOfNewerRelease(connection) ? NEWER : OWN;
    }
    if (exists(connection, EARLIER_HISTORY)) {
      requireLastEarlierVersion(connection);
      for (String table : EARLIER_TABLES) {
        if (!exists(connection, table)) {
          throw new SchemaMigrationException(
              "the database has the history of the earlier release, but no table " + table);
        }
      }
      return EARLIER_RELEASE;
    }
    for (String table : EARLIER_TABLES) {
      if (exists(connection, table)) {
        throw new SchemaMigrationException(
            "the database has a table "
                + table
                + " that this server did not make; use another one");
      }
    }
    requireNoTablesBehind(connection);
    return EMPTY;
  }

  // By default, PostgreSQL looks first for a schema that is named like the role. One that was made
  // later hides the tables: the server would make empty ones in it, and all data would seem lost.
  private static void requireNoTablesBehind(Connection connection)
      throws SQLException, SchemaMigrationException {
    try (PreparedStatement select = connection.prepareStatement(TABLES_BEHIND);
        ResultSet row = select.executeQuery()) {
      if (row.next()) {
        throw new SchemaMigrationException(
            "the schema %2$s, which comes first because it is named like the role, has no tables of this server, but the schema %1$s has: run ALTER ROLE %2$s SET search_path = %1$s, or drop the schema %2$s"
                .formatted(row.getString(1), row.getString(2)));
      }
    }
  }

  // A crash before the first migration leaves a history with only the baseline.
  private static boolean hasMigrated(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement(
                "select exists (select from " + HISTORY + " where type <> 'BASELINE')");
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private static void requireLastEarlierVersion(Connection connection)
      throws SQLException, SchemaMigrationException {
    List<Long> versions = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "select version, success from " + EARLIER_HISTORY + " order by version");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        if (!rows.getBoolean(2)) {
          throw new SchemaMigrationException(
              "migration "
                  + rows.getLong(1)
                  + " of the earlier release has failed on this database; repair it with that"
                  + " release first");
        }
        versions.add(rows.getLong(1));
      }
    }
    if (!versions.equals(LongStream.rangeClosed(1, EARLIER_VERSION).boxed().toList())) {
      throw new SchemaMigrationException(
          "a database of the earlier release can be adopted at version "
              + EARLIER_VERSION
              + ", but this one has versions "
              + versions);
    }
  }

  private static boolean exists(Connection connection, String table) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "select to_regclass(format('%I.%I', current_schema(), ?)) is not null")) {
      select.setString(1, table);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }
}
