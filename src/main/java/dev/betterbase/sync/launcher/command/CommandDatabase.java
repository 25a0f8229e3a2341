package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.launcher.postgres.DataFolder;
import dev.betterbase.sync.launcher.postgres.EmbeddedPostgres;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.SchemaReport;
import dev.betterbase.sync.operation.ShardNumber;
import dev.betterbase.sync.settings.DatabaseSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** The database of a command: the one that DATABASE_URL names, or else the embedded PostgreSQL. */
final class CommandDatabase {
  /** The data folder, in the working folder of the process. */
  static final Path DATA = Path.of("data");

  private CommandDatabase() {}

  /**
   * Connects to the database; starts the embedded PostgreSQL if DATABASE_URL is not set.
   *
   * @throws StartRefused if there is no connection, or the embedded PostgreSQL does not start
   */
  static PostgresAccess connect(DatabaseSettings settings) {
    return settings
        .url()
        .map(PostgresAccess::of)
        .orElseGet(() -> startEmbedded(DataFolder.open(DATA), settings))
        .connected(settings.connectTimeout());
  }

  /**
   * Connects to the database, and to those of DATABASE_SHARDS.
   *
   * @return the access to each, from the first on
   * @throws StartRefused as {@link #connect}
   */
  static List<PostgresAccess> connectAll(DatabaseSettings settings) {
    List<PostgresAccess> all = new ArrayList<>(List.of(connect(settings)));
    all.addAll(PostgresAccess.connectedShards(settings));
    return List.copyOf(all);
  }

  /**
   * Connects to the database, also to the embedded PostgreSQL of a server that runs meanwhile.
   *
   * @throws StartRefused if there is no connection, or the embedded PostgreSQL does not start
   */
  static PostgresAccess connectBesideServer(DatabaseSettings settings) {
    return settings.url().isPresent()
        ? connect(settings)
        : EmbeddedPostgres.ofRunningServer(DATA)
            .map(access -> access.connected(settings.connectTimeout()))
            .orElseGet(() -> connect(settings));
  }

  /**
   * Migrates the schema of one of several databases, and makes sure that it is that one.
   *
   * @param number its number among the databases, from 1
   * @param total the number of databases
   * @throws StartRefused if that is not possible, or it is another one
   */
  static SchemaReport migrate(DataSource database, int number, int total) {
    SchemaReport report = migrate(database);
    try {
      ShardNumber.require(database, number, total);
    } catch (SchemaMigrationException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    }
    return report;
  }

  /**
   * Migrates the schema of a database.
   *
   * @throws StartRefused if that is not possible; nothing was changed
   */
  static SchemaReport migrate(DataSource database) {
    try {
      return new SchemaMigration(database).migrate();
    } catch (SchemaMigrationException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    }
  }

  /** Starts the embedded PostgreSQL, which runs until the process ends. */
  static PostgresAccess startEmbedded(DataFolder data, DatabaseSettings settings) {
    EmbeddedPostgres postgres = EmbeddedPostgres.start(data, settings.poolSize());
    AtExit.add(postgres::close);
    return postgres.access();
  }
}
