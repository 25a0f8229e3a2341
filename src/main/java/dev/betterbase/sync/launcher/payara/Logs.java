package dev.betterbase.sync.launcher.payara;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.launcher.boot.LogLine;
import dev.betterbase.sync.operation.StartTimeline;
import dev.betterbase.sync.settings.LogFormat;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;

/** Sets up the log: all events of the application, and warnings and errors of the server. */
public final class Logs {
  private static final String PROPERTIES =
      """
      handlers=java.util.logging.ConsoleHandler
      java.util.logging.ConsoleHandler.level=FINE
      java.util.logging.ConsoleHandler.filter=dev.betterbase.sync.launcher.boot.ServerNoise
      java.util.logging.ConsoleHandler.formatter=%s
      .level=WARNING
      dev.betterbase.sync.level=INFO
      %s=%s
      """;

  private Logs() {}

  /** Makes the lines of a log. */
  public static Formatter formatter(LogFormat format) {
    return switch (format) {
      case TEXT -> new LogLine();
      case JSON -> new LogLine.Json();
    };
  }

  /**
   * Sets up the log of this process, and makes the server use the same configuration.
   *
   * @param folder the folder of this run
   */
  public static void configure(Path folder, LogFormat format) {
    try {
      Path file = folder.resolve("logging.properties");
      String timeline = StartTimeline.class.getName() + ".level";
      Files.writeString(
          file,
          PROPERTIES.formatted(
              formatter(format).getClass().getName(),
              timeline,
              System.getProperty(timeline, Level.INFO.getName())));
      System.setProperty("java.util.logging.config.file", file.toString());
      QueuedOutput log =
          QueuedOutput.before(System.err, leftOut -> notice(formatter(format), leftOut));
      // Before the handler of the console is made, because that keeps the stream of that moment.
      System.setErr(new PrintStream(log, true, System.err.charset()));
      AtExit.add(log::drain);
      LogManager.getLogManager().readConfiguration();
      System.setOut(new ServerOutput(System.out));
      // A handshake that is broken off makes Payara fail on a thread of its own. Without a limit, a
      // stranger could fill the log.
      FailureLog failures = new FailureLog(Logs.class);
      Thread.setDefaultUncaughtExceptionHandler(
          (thread, failure) -> failures.failed("A task of the server", failure, null));
    } catch (IOException e) {
      throw new StartRefused("cannot set up the log in " + folder + ": " + e, e);
    }
  }

  private static String notice(Formatter formatter, long leftOut) {
    LogRecord event =
        new LogRecord(
            Level.WARNING, leftOut + " events are missing here, because nobody read the log");
    event.setLoggerName(Logs.class.getName());
    return formatter.format(event);
  }
}
