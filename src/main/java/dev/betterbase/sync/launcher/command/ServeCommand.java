package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.launcher.boot.DevelopmentIssuerKey;
import dev.betterbase.sync.launcher.boot.Program;
import dev.betterbase.sync.launcher.payara.Logs;
import dev.betterbase.sync.launcher.payara.PayaraServer;
import dev.betterbase.sync.launcher.postgres.DataFolder;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.MigrationAtStart;
import dev.betterbase.sync.operation.StartTimeline;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.ListenAddress;
import dev.betterbase.sync.settings.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code serve}: starts the server and keeps it running until the process is asked to end. */
@Command(name = "serve", description = "Starts the server. This is the default command.")
final class ServeCommand implements Runnable {
  private static final Logger LOG = Logger.getLogger(ServeCommand.class.getName());

  private final Program program;
  private final Function<String, @Nullable String> source;

  @Option(
      names = "--dev",
      description =
          "Development mode: an embedded PostgreSQL and a built-in issuer that gives a token for"
              + " any user to anyone on this machine. Listens on 127.0.0.1 only.")
  private boolean development;

  /**
   * @param source gives the value of a setting
   */
  ServeCommand(Program program, Function<String, @Nullable String> source) {
    this.program = program;
    this.source = source;
  }

  @Override
  public void run() {
    Settings settings = development ? Settings.readForDevelopment(source) : Settings.read(source);
    if (settings.database().url().isEmpty() && !settings.database().replicas().isEmpty()) {
      throw new StartRefused(
          "DATABASE_REPLICAS is set without DATABASE_URL: the embedded PostgreSQL has no replicas");
    }
    requireShards(settings.database());
    ProcessLimits.check(settings);
    ListenAddress address = ListenPort.claim(settings.listenAddress());
    Logs.configure(program.folder(), settings.logFormat());
    StartTimeline.ended("JVM, unpacking and settings");
    // Now, and not on the other thread: a database that cannot be used is refused at once.
    Duration limit = settings.database().connectTimeout();
    Optional<PostgresAccess> named =
        settings.database().url().map(url -> PostgresAccess.of(url).connected(limit));
    List<PostgresAccess> shards = PostgresAccess.connectedShards(settings.database());
    FutureTask<PostgresAccess> connecting =
        new FutureTask<>(() -> migrated(named.orElseGet(() -> embedded(settings)), shards, limit));
    // The database starts on its own thread, because the server needs it only after it has booted.
    Thread thread = new Thread(connecting, "database");
    thread.start();
    // If the process ends early, wait for this thread first: it may just be starting PostgreSQL,
    // and adds the step that stops it.
    AtExit.add(thread::join);
    PayaraServer server = new PayaraServer(program);
    server.boot(settings, address);
    StartTimeline.ended("boot of Payara");
    PostgresAccess database = result(connecting);
    AtExit.add(
        () -> {
          LOG.info("Stopping");
          server.stop();
          LOG.info("Stopped");
        });
    server.deploy(database, shards, settings);
    StartTimeline.ended("listener");
    LOG.info(
        "%s listening on %s, database %s, started in %.1f s"
            .formatted(Launcher.version(), address, database.shown(), sinceStart()));
    if (development) {
      LOG.warning(
          "DEVELOPMENT MODE: anyone who can reach http://"
              + address
              + "/dev/token gets a token for any user. Never expose this server to a network.");
    }
    if (!development) {
      BackgroundAotCache.makeIfMissing(program, settings.aotCacheQuiet());
    }
    awaitEnd();
  }

  private static void requireShards(DatabaseSettings settings) {
    if (settings.shards().isEmpty()) {
      return;
    }
    if (settings.url().isEmpty()) {
      throw new StartRefused(
          "DATABASE_SHARDS is set without DATABASE_URL: the embedded PostgreSQL is not one of"
              + " several databases");
    }
  }

  /**
   * Migrates the schema of each database. One that cannot be used is refused here in one line; the
   * server would wrap the refusal of the application in its own errors.
   */
  private static PostgresAccess migrated(
      PostgresAccess database, List<PostgresAccess> shards, Duration limit) {
    List<DataSource> all = new ArrayList<>(List.of(database.dataSource(limit)));
    shards.forEach(shard -> all.add(shard.dataSource(limit)));
    SchemasAtStart.migrate(all, LOG::info);
    System.setProperty(MigrationAtStart.DONE, "true");
    StartTimeline.ended("connection to the database and look at the schema, beside the boot");
    return database;
  }

  private PostgresAccess embedded(Settings settings) {
    return development
        ? developmentDatabase(settings)
        : CommandDatabase.startEmbedded(DataFolder.open(CommandDatabase.DATA), settings.database());
  }

  private static PostgresAccess result(FutureTask<PostgresAccess> connecting) {
    try {
      return connecting.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("the start was interrupted", e);
    }
  }

  /** Also reads the key of the development issuer, which is in the same data folder. */
  private static PostgresAccess developmentDatabase(Settings settings) {
    DataFolder data = DataFolder.open(CommandDatabase.DATA);
    DevelopmentIssuerKey.set(DevelopmentKeyFile.readOrCreate(data));
    return CommandDatabase.startEmbedded(data, settings.database());
  }

  private static double sinceStart() {
    Instant started = ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
    return Duration.between(started, Instant.now()).toMillis() / 1000.0;
  }

  private static void awaitEnd() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
