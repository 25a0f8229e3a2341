package dev.betterbase.sync.operation;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;

/**
 * A line in the log for each phase of a start, with the time since the process began. The jar shows
 * them with {@code -Ddev.betterbase.sync.operation.StartTimeline.level=FINE}.
 */
public final class StartTimeline {
  private static final Logger LOG = System.getLogger(StartTimeline.class.getName());

  private StartTimeline() {}

  /**
   * Logs the end of a phase.
   *
   * @param phase the phase that has just ended
   */
  public static void ended(String phase) {
    if (LOG.isLoggable(Level.DEBUG)) {
      Instant began =
          ProcessHandle.current().info().startInstant().orElseThrow(IllegalStateException::new);
      LOG.log(
          Level.DEBUG,
          "start: {0} after {1,number,#} ms",
          phase,
          Duration.between(began, Instant.now()).toMillis());
    }
  }
}
