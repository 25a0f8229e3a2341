package dev.betterbase.sync.launcher.boot;

import java.util.Set;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * Lets through all log events of the application, but of the server only warnings and errors. It
 * also drops warnings about configuration that the launcher changes on purpose during the boot.
 * This is a filter because the server resets the levels of loggers.
 */
public final class ServerNoise implements Filter {
  /** These loggers only report, with a long stack trace, what is no fault. */
  private static final Set<String> HARMLESS =
      Set.of(
          // A client hung up during a response.
          "org.glassfish.jersey.server.ServerRuntime$Responder",
          // The folder for temporary files is read-only. No request here has several parts.
          "org.glassfish.jersey.media.multipart.internal.MultiPartReaderClientSide");

  @Override
  public boolean isLoggable(LogRecord event) {
    String logger = event.getLoggerName() == null ? "" : event.getLoggerName();
    if (logger.startsWith("dev.betterbase.sync.")) {
      return true;
    }
    return event.getLevel().intValue() >= Level.WARNING.intValue()
        && !HARMLESS.contains(logger)
        && !String.valueOf(event.getMessage()).startsWith("Unprocessed event");
  }
}
