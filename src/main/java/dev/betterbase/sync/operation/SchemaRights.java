package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The rights that a migration needs in a database. The first one that is missing is named, together
 * with the command that grants it; the error of a migration would come later, and from a statement
 * that means little to an operator.
 */
final class SchemaRights {
  private static final int OLDEST = 15;

  private static final String SCHEMA =
      """
      select current_setting('server_version_num')::int / 10000, current_setting('server_version'),
        current_schema(), current_setting('search_path'), current_user,
        current_setting('default_transaction_isolation')
      """;

  private static final String RIGHTS =
      """
      select current_setting('default_transaction_read_only') = 'on' or pg_is_in_recovery(),
        has_schema_privilege(current_schema(), 'CREATE'),
        (select 'table ' || relname || ' belongs to the role ' || pg_get_userbyid(relowner)
           from pg_class
          where relnamespace = (select oid from pg_namespace where nspname = current_schema())
            and relkind = 'r' and relname in (%s) and not pg_has_role(relowner, 'USAGE')
          order by relname limit 1),
        current_user, current_schema()
      """;

  private SchemaRights() {}

  /**
   * Requires a PostgreSQL that is new enough, a schema to work in, and transactions that see what
   * others have committed.
   *
   * @throws SchemaMigrationException if something of that is missing
   */
  static void requireSchema(Connection connection) throws SQLException, SchemaMigrationException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SCHEMA)) {
      row.next();
      if (row.getInt(1) < OLDEST) {
        throw new SchemaMigrationException(
            "the database is of PostgreSQL "
                + row.getString(2)
                + ": this server needs PostgreSQL "
                + OLDEST
                + " or newer");
      }
      if (row.getString(3) == null) {
        throw new SchemaMigrationException(
            "the database has no schema that the role %s may use: its search_path is %s: create the schema with CREATE SCHEMA, let the role in with GRANT USAGE ON SCHEMA, or correct currentSchema in DATABASE_URL"
                .formatted(row.getString(5), row.getString(4)));
      }
      if (!"read committed".equals(row.getString(6))) {
        // The jar sets it in each session, but not through a pooler, nor where a server has the
        // connections.
        throw new SchemaMigrationException(
            "the transactions of the role %1$s are %2$s, with which pushes that wait for each other fail: run ALTER ROLE %1$s SET default_transaction_isolation = 'read committed'"
                .formatted(row.getString(5), row.getString(6)));
      }
    }
  }

  /**
   * Requires that the role may do all that the migrations will do.
   *
   * @throws SchemaMigrationException if it is not
   */
  static void requireChanges(Connection connection) throws SQLException, SchemaMigrationException {
    String tables = "'" + String.join("', '", SchemaState.tables()) + "'";
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(RIGHTS.formatted(tables))) {
      row.next();
      String role = row.getString(4);
      String schema = row.getString(5);
      if (row.getBoolean(1)) {
        throw new SchemaMigrationException(
            "the schema is not up to date, but the database is read-only: connect to the primary,"
                + " or reset default_transaction_read_only");
      }
      if (!row.getBoolean(2)) {
        throw new SchemaMigrationException(
            "the role %1$s may not create tables in the schema %2$s: run GRANT CREATE ON SCHEMA %2$s TO %1$s"
                .formatted(role, schema));
      }
      if (row.getString(3) != null) {
        throw new SchemaMigrationException(
            "the role %1$s may not change the schema, because the %2$s: connect as that role, or give the tables to %1$s with ALTER TABLE … OWNER TO"
                .formatted(role, row.getString(3)));
      }
    }
  }
}
