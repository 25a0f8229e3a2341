package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.storage.StorageException;
import java.sql.SQLException;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The settings of an administrator's command, and the database that they name.
 *
 * @param source gives the value of a setting
 * @param connect connects to the database, also while a server runs on it
 */
record AdminDatabase(
    Function<String, @Nullable String> source, Function<DatabaseSettings, PostgresAccess> connect) {

  /** Work on the entities. */
  @FunctionalInterface
  interface Work<T> {
    T on(CommandEntities entities);
  }

  /** A source of connections. */
  DataSource dataSource() {
    DatabaseSettings settings = DatabaseSettings.read(source);
    return connect.apply(settings).dataSource(settings.connectTimeout());
  }

  /**
   * Does some work on the entities of the database.
   *
   * @throws StartRefused if its schema is not that of this release, or the work fails
   */
  <T> T run(Work<T> work) {
    DataSource database = dataSource();
    requireCurrentSchema(database);
    return run(database, work);
  }

  /** Does some work on the entities of a database with the schema of this release. */
  static <T> T run(DataSource database, Work<T> work) {
    try (CommandEntities entities = CommandEntities.of(database)) {
      return work.on(entities);
    } catch (StorageException e) {
      throw new StartRefused("the database does not answer as it should: " + e.getMessage(), e);
    }
  }

  private static void requireCurrentSchema(DataSource database) {
    try {
      if (!new SchemaMigration(database).isCurrent()) {
        throw new StartRefused(
            "the schema of the database is not that of this release: `migrate --check` says what"
                + " is to be done");
      }
    } catch (SQLException e) {
      throw new StartRefused("the schema of the database cannot be read: " + e.getMessage(), e);
    }
  }
}
