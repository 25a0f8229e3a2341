package dev.betterbase.sync.launcher;

import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.settings.ListenAddress;
import dev.betterbase.sync.settings.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts the server and keeps it running until the process is told to end. */
@Command(name = "serve", description = "Starts the server (what happens without a command, too).")
final class ServeCommand implements Runnable {
  private static final Logger LOG = Logger.getLogger(ServeCommand.class.getName());

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
    DatabaseStart database = DatabaseStart.begin(settings.database(), development);
    PayaraServer server = new PayaraServer(folder);
    AtExit.add(
        () -> {
          LOG.info("Stopping");
          server.stop();
          LOG.info("Stopped");
        });
    server.start(settings, address, database);
    LOG.info(
        "%s listening on %s, database %s, started in %.1f s"
            .formatted(Launcher.version(), address, database.result().shown(), sinceStart()));
    if (development) {
      LOG.warning(
          "DEVELOPMENT MODE: whoever can reach http://"
              + address
              + "/dev/token gets a token for any user. Never expose this server.");
    }
    awaitEnd();
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
