package dev.betterbase.sync.launcher;

import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.launcher.boot.DevelopmentIssuerKey;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.SchemaReport;
import dev.betterbase.sync.settings.DatabaseSettings;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The database of {@code serve}, made ready on a thread of its own while the server boots: the
 * embedded PostgreSQL where no other is given, and the schema.
 */
final class DatabaseStart {
  private static final Logger LOG = Logger.getLogger(DatabaseStart.class.getName());
  private static final Path DATA = Path.of("data");

  private final DatabaseSettings settings;
  private final Supplier<PostgresAccess> access;
  private final FutureTask<PostgresAccess> task = new FutureTask<>(this::prepare);
  private final Thread thread = new Thread(task, "database");

  /** Written by the thread, read when that has ended. */
  private @Nullable EmbeddedPostgres embedded;

  private DatabaseStart(DatabaseSettings settings, boolean development) {
    this.settings = settings;
    if (settings.url().isPresent()) {
      PostgresAccess given = PostgresAccess.of(settings.url().get());
      given.requireConnection(settings.connectTimeout());
      access = () -> given;
    } else {
      DataFolder data = DataFolder.open(DATA);
      if (development) {
        DevelopmentIssuerKey.set(DevelopmentKeyFile.readOrCreate(data));
      }
      access = () -> startEmbedded(data);
    }
  }

  /**
   * Begins. At exit what was started is stopped, behind all that is asked for later.
   *
   * @param development whether the embedded PostgreSQL's data folder gives a key for the built-in
   *     issuer
   * @throws StartRefused where a given database is not reached, or the data folder is of no use:
   *     that is seen at once
   */
  static DatabaseStart begin(DatabaseSettings settings, boolean development) {
    DatabaseStart start = new DatabaseStart(settings, development);
    start.thread.start();
    AtExit.add(start::stop);
    return start;
  }

  /**
   * Waits until the database is ready, its schema up to date.
   *
   * @throws StartRefused where it cannot be
   */
  PostgresAccess result() {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("interrupted", e);
    }
  }

  private PostgresAccess prepare() {
    PostgresAccess database = access.get();
    migrate(database);
    return database;
  }

  private PostgresAccess startEmbedded(DataFolder data) {
    EmbeddedPostgres postgres = EmbeddedPostgres.start(data, settings.poolSize());
    embedded = postgres;
    return postgres.access();
  }

  private void migrate(PostgresAccess database) {
    try {
      SchemaReport report =
          new SchemaMigration(database.dataSource(settings.connectTimeout())).migrate();
      if (!report.upToDate()) {
        report.lines().forEach(LOG::info);
      }
    } catch (SchemaMigrationException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    }
  }

  private void stop() throws Exception {
    thread.join();
    if (embedded != null) {
      embedded.close();
    }
  }
}
