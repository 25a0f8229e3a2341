package dev.betterbase.sync.launcher.boot;

import java.util.logging.LogManager;

/**
 * The JDK's log manager, but for its shutdown hook: that one closes all handlers while the server
 * still drains, and whatever it says then would be lost.
 */
public final class LogToTheEnd extends LogManager {
  private static final Thread NEVER_REGISTERED = new Thread();

  @Override
  public void reset() {
    if (!isShuttingDown()) {
      super.reset();
    }
  }

  /** The runtime tells nobody outright, but it refuses to change its hooks from then on. */
  private static boolean isShuttingDown() {
    try {
      Runtime.getRuntime().removeShutdownHook(NEVER_REGISTERED);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
