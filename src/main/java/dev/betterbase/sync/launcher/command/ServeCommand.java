package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.Environment;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.launcher.boot.DevelopmentIssuerKey;
import dev.betterbase.sync.launcher.payara.Logs;
import dev.betterbase.sync.launcher.payara.PayaraServer;
import dev.betterbase.sync.launcher.postgres.DataFolder;
import dev.betterbase.sync.launcher.postgres.EmbeddedPostgres;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.settings.ListenAddress;
import dev.betterbase.sync.settings.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts the server and keeps it running until the process is told to end. */
@Command(name = "serve", description = "Starts the server (what happens without a command, too).")
final class ServeCommand implements Runnable {
  private static final Logger LOG = Logger.getLogger(ServeCommand.class.getName());
  private static final Path DATA = Path.of("data");

  private final Path folder;

  @Option(
      names = "--dev",
      description =
          "Development mode: an embedded PostgreSQL and a built-in issuer that mints tokens for"
              + " anyone on this machine. Listens on 127.0.0.1 alone.")
  private boolean development;

  ServeCommand(Path folder) {
    this.folder = folder;
  }

  @Override
  public void run() {
    Settings settings =
        development
            ? Settings.readForDevelopment(Environment.settings())
            : Settings.read(Environment.settings());
    Logs.configure(folder, settings.logFormat());
    ListenAddress address = ListenPort.claim(settings.listenAddress());
    FutureTask<PostgresAccess> connecting = new FutureTask<>(() -> database(settings));
    // On a thread of its own: the server needs it only when it has booted.
    Thread thread = new Thread(connecting, "database");
    thread.start();
    // Where the process ends before, what the thread has started is stopped all the same.
    AtExit.add(thread::join);
    PayaraServer server = new PayaraServer(folder);
    server.boot(settings, address);
    PostgresAccess database = result(connecting);
    AtExit.add(
        () -> {
          LOG.info("Stopping");
          server.stop();
          LOG.info("Stopped");
        });
    server.deploy(database, settings.database());
    LOG.info(
        "%s listening on %s, database %s, started in %.1f s"
            .formatted(Launcher.version(), address, database.shown(), sinceStart()));
    if (development) {
      LOG.warning(
          "DEVELOPMENT MODE: whoever can reach http://"
              + address
              + "/dev/token gets a token for any user. Never expose this server.");
    }
    awaitEnd();
  }

  private PostgresAccess database(Settings settings) {
    PostgresAccess database =
        settings.database().url().map(PostgresAccess::of).orElseGet(() -> embedded(settings));
    database.requireConnection(settings.database().connectTimeout());
    return database;
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
      throw new StartRefused("interrupted", e);
    }
  }

  private PostgresAccess embedded(Settings settings) {
    DataFolder data = DataFolder.open(DATA);
    if (development) {
      DevelopmentIssuerKey.set(DevelopmentKeyFile.readOrCreate(data));
    }
    EmbeddedPostgres postgres = EmbeddedPostgres.start(data, settings.database().poolSize());
    AtExit.add(postgres::close);
    return postgres.access();
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
