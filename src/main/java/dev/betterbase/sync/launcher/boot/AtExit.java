package dev.betterbase.sync.launcher.boot;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Steps that run one after the other when the process ends; the last one added runs first. The JVM
 * runs its shutdown hooks at the same time, but here the order matters: the server drains, then
 * PostgreSQL stops, then the temporary folder is deleted.
 */
public final class AtExit {
  /** A step of the stop. */
  public interface Step {
    /** Runs the step. A failure is logged, and does not keep the next step from running. */
    void run() throws Exception;
  }

  private static final Deque<Step> STEPS = new ArrayDeque<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(AtExit::run, "orderly-stop"));
  }

  private AtExit() {}

  /** Adds a step, which runs before all steps that were added earlier. */
  public static synchronized void add(Step step) {
    STEPS.push(step);
  }

  private static void run() {
    Step step;
    while ((step = next()) != null) {
      try {
        step.run();
      } catch (Exception e) {
        Logger.getLogger(AtExit.class.getName()).log(Level.WARNING, "A step of the stop failed", e);
      }
    }
  }

  private static synchronized Step next() {
    return STEPS.poll();
  }
}
