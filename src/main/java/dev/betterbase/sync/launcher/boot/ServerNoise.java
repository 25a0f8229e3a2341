package dev.betterbase.sync.launcher.boot;

import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * Of the server's own events only warnings are of interest, and not those about configuration that
 * the launcher changes on purpose while it boots. Here and not by the levels of loggers, since the
 * server sets those anew.
 */
public final class ServerNoise implements Filter {
  /**
   * What it has to say, with a hundred lines of stack, is that a client hung up during a response.
   */
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
