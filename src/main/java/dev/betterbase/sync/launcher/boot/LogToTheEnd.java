package dev.betterbase.sync.launcher.boot;

import java.util.logging.LogManager;

/**
 * The JDK's log manager without its shutdown hook. That hook closes all handlers while the server
 * still drains, so the last log lines would be lost.
 */
public final class LogToTheEnd extends LogManager {
  private static final Thread NEVER_REGISTERED = new Thread();

  @Override
  public void reset() {
    if (!isShuttingDown()) {
      super.reset();
    }
  }

  /** The runtime has no method that tells, but it refuses to change its hooks during a shutdown. */
  private static boolean isShuttingDown() {
    try {
      Runtime.getRuntime().removeShutdownHook(NEVER_REGISTERED);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
