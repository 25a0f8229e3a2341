package dev.betterbase.sync.launcher.payara;

import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Listens to the log while the application starts. The server tells that a deployment failed, but
 * only its log tells why.
 */
final class FirstFailure extends Handler implements AutoCloseable {
  private static final String OURS = "dev.betterbase.sync.";

  private final AtomicReference<@Nullable Throwable> first = new AtomicReference<>();

  private FirstFailure() {}

  /** Starts to listen, until it is closed. */
  static FirstFailure watch() {
    FirstFailure handler = new FirstFailure();
    Logger.getLogger("").addHandler(handler);
    return handler;
  }

  /** The reason of the first failure. */
  String reason() {
    Throwable failure = first.get();
    return failure == null ? "see the log" : reason(failure);
  }

  /**
   * The message of the first exception of this application in the chain of causes, or of the root.
   */
  static String reason(Throwable failure) {
    Throwable told = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      told = cause;
      if (cause.getClass().getName().startsWith(OURS)) {
        break;
      }
    }
    String message = told.getMessage();
    return message == null ? told.getClass().getName() : message;
  }

  @Override
  public void publish(LogRecord event) {
    if (event.getThrown() != null && event.getLevel().intValue() >= Level.WARNING.intValue()) {
      first.compareAndSet(null, event.getThrown());
    }
  }

  @Override
  public void flush() {
    // Nothing is buffered.
  }

  @Override
  public void close() {
    Logger.getLogger("").removeHandler(this);
  }
}
