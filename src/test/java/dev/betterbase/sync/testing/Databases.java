package dev.betterbase.sync.testing;

import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** New databases for tests that use JDBC without a server. */
public final class Databases {
  private Databases() {}

  /** An empty database. */
  public static DataSource empty() {
    return source(TestPostgres.shared().newDatabase());
  }

  private static DataSource source(TestPostgres.Database database) {
    return new KeptConnections(database);
  }

  /**
   * Ends the sessions that are kept of a database from here. The next one sees new defaults of the
   * database, and PostgreSQL copies a database only if it has no session.
   */
  public static void endSessions(DataSource database) {
    try {
      ((KeptConnections) database).endSessions();
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static final class Migrated {
    static final TestPostgres.Database TEMPLATE = TestPostgres.shared().newDatabase();

    static {
      endSessions(migrate(source(TEMPLATE)));
    }
  }

  /** A database with the current schema: a copy of one that was migrated once. */
  public static DataSource migrated() {
    return source(migratedDatabase());
  }

  /** The same for a program that connects by itself. */
  public static TestPostgres.Database migratedDatabase() {
    return TestPostgres.shared().copyOf(Migrated.TEMPLATE);
  }

  /** A database that has just been migrated, for tests of what a migration leaves behind. */
  public static DataSource newlyMigrated() {
    return migrate(empty());
  }

  /** The same, with this encoding. */
  public static DataSource newlyMigrated(String encoding) {
    return migrate(source(TestPostgres.shared().newDatabase(encoding)));
  }

  private static DataSource migrate(DataSource database) {
    try {
      new SchemaMigration(database).migrate();
    } catch (SchemaMigrationException failure) {
      throw new IllegalStateException(failure);
    }
    return database;
  }

  /** A database with the schema of the earlier release and no rows. */
  public static DataSource earlierRelease() {
    DataSource database = empty();
    try (InputStream schema = Databases.class.getResourceAsStream("/vectors/earlier-schema.sql")) {
      execute(database, new String(schema.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return database;
  }

  /** Runs statements, separated by semicolons, with auto-commit. */
  public static void execute(DataSource database, String sql) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** The first column of the first row as text; "null" if it is null or there is no row. */
  public static String value(DataSource database, String sql) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return String.valueOf(rows.next() ? rows.getString(1) : null);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
