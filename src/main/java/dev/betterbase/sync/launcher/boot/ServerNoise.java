package dev.betterbase.sync.launcher.boot;

import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * Lets through all log events of the application, but of the server only warnings and errors. It
 * also drops warnings about configuration that the launcher changes on purpose during the boot.
 * This is a filter because the server resets the levels of loggers.
 */
public final class ServerNoise implements Filter {
  /** This logger only reports, with a long stack trace, that a client hung up during a response. */
  private static final String BROKEN_RESPONSES =
      "org.glassfish.jersey.server.ServerRuntime$Responder";

  @Override
  public boolean isLoggable(LogRecord event) {
    String logger = event.getLoggerName() == null ? "" : event.getLoggerName();
    if (logger.startsWith("dev.betterbase.sync.")) {
      return true;
    }
    return event.getLevel().intValue() >= Level.WARNING.intValue()
        && !logger.equals(BROKEN_RESPONSES)
        && !String.valueOf(event.getMessage()).startsWith("Unprocessed event");
  }
}
