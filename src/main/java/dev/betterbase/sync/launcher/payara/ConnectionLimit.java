package dev.betterbase.sync.launcher.payara;

import dev.betterbase.sync.launcher.boot.OpenFiles;
import dev.betterbase.sync.settings.Settings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Closes new connections at once when there are so many that the process could run out of files. A
 * process that may open no more files cannot even load its own classes, and does not recover from
 * that.
 */
final class ConnectionLimit {
  private static final Logger LOG = System.getLogger(ConnectionLimit.class.getName());
  private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

  /**
   * For classes that are not loaded yet, key sets, other servers, and programs that are started.
   */
  private static final int SPARE = 100;

  private final long most;
  private final long files;
  private final Method close;

  private long open;
  private long refused;
  private long warnedAt = System.nanoTime() - BETWEEN_WARNINGS.toNanos();

  /**
   * @param most the most connections at a time
   * @param files the limit that they follow from
   * @param close closes a connection
   */
  private ConnectionLimit(long most, long files, Method close) {
    this.most = most;
    this.files = files;
    this.close = close;
  }

  /** Limits the connections to a listener by the files that this process may open. */
  static void apply(Listener listener, Settings settings) throws ReflectiveOperationException {
    OptionalLong files = OpenFiles.limit();
    if (files.isEmpty()) {
      return;
    }
    // A thread may have a file open and a connection to a file storage.
    long reserved = (long) settings.httpThreads() + settings.database().poolSize() + SPARE;
    long most = Math.max(1, files.getAsLong() - OpenFiles.count() - reserved);
    ConnectionLimit limit =
        new ConnectionLimit(
            most,
            files.getAsLong(),
            listener.type("org.glassfish.grizzly.Connection").getMethod("terminateSilently"));
    listener.addConnectionProbe(
        (event, arguments) -> {
          switch (event) {
            case "onAcceptEvent" -> limit.accepted(arguments[1]);
            case "onCloseEvent" -> limit.closed();
            default -> {}
          }
        });
  }

  private synchronized void accepted(Object connection) throws ReflectiveOperationException {
    open++;
    if (open <= most) {
      return;
    }
    refused++;
    long now = System.nanoTime();
    if (now - warnedAt > BETWEEN_WARNINGS.toNanos()) {
      warnedAt = now;
      LOG.log(
          Level.WARNING,
          "Refused a connection, {0} in all since the start: this process may open only {1} files,"
              + " enough for {2} connections: {3}",
          refused,
          files,
          most,
          OpenFiles.ADVICE);
    }
    close.invoke(connection);
  }

  private synchronized void closed() {
    open--;
  }
}
