package dev.betterbase.sync.launcher.boot;

import java.util.logging.LogManager;

/**
 * The JDK's log manager, but for its shutdown hook: that one closes all handlers while the server
 * still drains, and whatever it says then would be lost.
 */
public final class ServerLogManager extends LogManager {
  @Override
  public void reset() {
    if (!AtExit.isRunning()) {
      super.reset();
    }
  }
}
