package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.ShardNumber;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  private static final Duration STATEMENT_LIMIT = Duration.ofHours(1);

  /** Work on the entities. */
  @FunctionalInterface
  interface Work<T> {
    /**
     * Does it.
     *
     * @param all the entities of each database, from the first on
     */
    T on(List<CommandEntities> all);
  }

  /** A source of connections to each database, from the first on. */
  List<DataSource> dataSources() {
    return PostgresAccess.all(DatabaseSettings.read(source), connect);
  }

  /**
   * Does some work on the entities of all databases.
   *
   * @throws StartRefused if the schema of one is not that of this release, or the work fails
   */
  <T> T run(Work<T> work) {
    List<DataSource> databases = checkedDataSources();
    List<CommandEntities> all = new ArrayList<>();
    try {
      databases.forEach(database -> all.add(CommandEntities.of(database)));
      return work.on(all);
    } catch (StorageException e) {
      throw new StartRefused("the database does not answer as it should: " + e.getMessage(), e);
    } finally {
      all.forEach(CommandEntities::close);
    }
  }

  /**
   * The same as {@link #dataSources}, after a check that each is the database that is meant.
   *
   * @throws StartRefused if the schema of one is not that of this release, or it is another one
   */
  List<DataSource> checkedDataSources() {
    List<DataSource> databases = dataSources();
    databases.forEach(AdminDatabase::requireCurrentSchema);
    requireAll(databases);
    return databases;
  }

  /**
   * Does some work on all databases, from the first on, with statements that may read whole tables.
   *
   * @throws StartRefused if the schema of one is not that of this release, or the work fails
   */
  <T> T query(Function<List<Database>, T> work) {
    List<DataSource> databases = dataSources();
    databases.forEach(AdminDatabase::requireCurrentSchema);
    return query(databases, work);
  }

  /** The same on databases with the schema of this release. */
  static <T> T query(List<DataSource> databases, Function<List<Database>, T> work) {
    requireAll(databases);
    try {
      return work.apply(
          databases.stream().map(each -> new Database(each, STATEMENT_LIMIT)).toList());
    } catch (StorageException e) {
      throw new StartRefused("the database does not answer as it should: " + e.getMessage(), e);
    }
  }

  /** Otherwise the files of a database that is not named would have no rows. */
  private static void requireAll(List<DataSource> databases) {
    try {
      ShardNumber.requireAll(databases);
    } catch (SchemaMigrationException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    }
  }

  private static void requireCurrentSchema(DataSource database) {
    try {
      if (!new SchemaMigration(database).isCurrent()) {
        throw new StartRefused(
            "the schema of the database is not that of this release: `migrate --check` says what"
                + " is to be done");
      }
    } catch (SchemaMigrationException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    } catch (SQLException e) {
      throw StartRefused.because("the schema of the database cannot be read", e);
    }
  }
}
