package dev.betterbase.sync.launcher.boot;

import java.util.Set;
import java.util.logging.Filter;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;

/**
 * Lets through all log events of the application, but of the server only warnings and errors. It
 * also drops warnings about configuration that the launcher changes on purpose during the boot.
 * This is a filter because the server resets the levels of loggers.
 *
 * <p>Of the lines that a request makes the server log, one comes each minute for each logger,
 * without a stack trace: anyone may send requests that the server fails to read, as fast as the
 * line lets them.
 */
public final class ServerNoise implements Filter {
  private static final String APPLICATION = "dev.betterbase.sync.";

  /** The server names its threads that read requests after the listener and the pool. */
  private static final String REQUEST_THREADS = "http-";

  /**
   * The loggers of the connection pools. While a database is away, they warn of each attempt to
   * connect, which the application reports itself.
   */
  private static final String POOLS = "javax.enterprise.resource.resourceadapter.";

  /** The loggers of JPA. They tell of each statement that fails, which the application reports. */
  private static final String JPA = "org.eclipse.persistence.";

  /** These loggers only report, with a long stack trace, what is no fault. */
  private static final Set<String> HARMLESS =
      Set.of(
          // A client hung up during a response.
          "org.glassfish.jersey.server.ServerRuntime$Responder",
          // A part of Hazelcast that the bus does not use.
          "com.hazelcast.cp.CPSubsystem",
          // The folder for temporary files is read-only. No request here has several parts.
          "org.glassfish.jersey.media.multipart.internal.MultiPartReaderClientSide");

  /**
   * In the exception with which the server refuses to run a task that comes due while it stops: it
   * ends services that its executors need before it ends the application, and with it the task.
   */
  private static final String STOPPING = "but it has a run level of";

  /** The longest text of an exception that stands in for its stack trace. */
  private static final int EXCEPTION_LENGTH = 200;

  /** The first line of a stack trace begins so. */
  private static final String TRACE = "\n\tat ";

  /** The most lines of one logger in a minute. */
  private static final int SERVER_LINES = 1;

  private static final Formatter MESSAGES = new SimpleFormatter();

  private final RepeatedEvents repeated = new RepeatedEvents(System::nanoTime);

  @Override
  public boolean isLoggable(LogRecord event) {
    String logger = event.getLoggerName() == null ? "" : event.getLoggerName();
    if (logger.startsWith(APPLICATION)) {
      // The application itself bounds what can come again and again (FailureLog).
      return true;
    }
    if (event.getLevel().intValue() < Level.WARNING.intValue()
        || HARMLESS.contains(logger)
        || String.valueOf(event.getMessage()).startsWith("Unprocessed event")
        || (event.getThrown() != null
            && String.valueOf(event.getThrown().getMessage()).contains(STOPPING))) {
      return false;
    }
    if (logger.startsWith(JPA)) {
      withoutStackTrace(event);
      return isSaid(event, logger);
    }
    if (!Thread.currentThread().getName().startsWith(REQUEST_THREADS)) {
      return !logger.startsWith(POOLS) || isSaid(event, logger);
    }
    withoutStackTrace(event);
    return isSaid(event, logger);
  }

  private boolean isSaid(LogRecord event, String kind) {
    long before = repeated.count(kind, SERVER_LINES);
    if (before > 0) {
      replaceMessage(event, " (and " + before + " more of this kind before)");
    }
    return before >= 0;
  }

  private static void withoutStackTrace(LogRecord event) {
    Throwable thrown = event.getThrown();
    if (thrown != null) {
      String text = innermost(thrown).toString();
      String separator = String.valueOf(event.getMessage()).isBlank() ? "" : ": ";
      replaceMessage(
          event, separator + text.substring(0, Math.min(text.length(), EXCEPTION_LENGTH)));
      event.setThrown(null);
      return;
    }
    // Some layers of the server have the stack trace in their text.
    String text = text(event);
    int trace = text.indexOf(TRACE);
    if (trace >= 0) {
      setText(event, text.substring(0, trace));
    }
  }

  /**
   * The innermost cause; the layers above it only say that they failed too. The classes at the root
   * of the jar see no others of this project, so this loop is here once more.
   */
  private static Throwable innermost(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** Puts the values into the message, and adds to it. */
  private static void replaceMessage(LogRecord event, String more) {
    setText(event, text(event) + more);
  }

  private static String text(LogRecord event) {
    return event.getMessage() == null ? "" : String.valueOf(MESSAGES.formatMessage(event));
  }

  private static void setText(LogRecord event, String text) {
    event.setMessage(text);
    event.setParameters(new Object[0]);
    event.setResourceBundle(null);
  }
}
