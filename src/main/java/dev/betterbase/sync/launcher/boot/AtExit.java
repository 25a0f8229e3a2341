package dev.betterbase.sync.launcher.boot;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What is done when the process ends, last come first done. Shutdown hooks of the JVM run all at
 * once, but here order matters: the server drains, then PostgreSQL stops, then folders go.
 */
public final class AtExit {
  /** One thing to be done. */
  public interface Step {
    /** Does it; a failure is logged, and the next step comes. */
    void run() throws Exception;
  }

  private static final Deque<Step> STEPS = new ArrayDeque<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(AtExit::run, "orderly-stop"));
  }

  private AtExit() {}

  /** Adds a step, to be done before all that were added until now. */
  public static synchronized void add(Step step) {
    STEPS.push(step);
  }

  private static void run() {
    Step step;
    while ((step = next()) != null) {
      try {
        step.run();
      } catch (Exception e) {
        Logger.getLogger(AtExit.class.getName()).log(Level.WARNING, "While stopping", e);
      }
    }
  }

  private static synchronized Step next() {
    return STEPS.poll();
  }
}
