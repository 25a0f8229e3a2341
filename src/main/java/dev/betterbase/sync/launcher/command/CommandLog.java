package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.payara.Logs;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.LogFormat;
import dev.betterbase.sync.settings.Settings;
import java.io.PrintWriter;
import java.util.function.Function;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * The security log of a command: lines as the server writes them, on standard error. A command
 * opens it before it begins, because a setting may be wrong, and writes a line when it is done.
 */
final class CommandLog {
  private CommandLog() {}

  /**
   * Opens the log on the standard error of a command.
   *
   * @param source gives the value of a setting
   */
  static Function<PrintWriter, SecurityLog> of(Function<String, @Nullable String> source) {
    return err -> {
      Formatter formatter = Logs.formatter(LogFormat.read(source));
      return new SecurityLog(
          Settings.identityHashKey(source),
          System::nanoTime,
          line -> {
            LogRecord event = new LogRecord(Level.INFO, line);
            event.setLoggerName(SecurityLog.NAME);
            err.print(formatter.format(event));
            err.flush();
          });
    };
  }
}
