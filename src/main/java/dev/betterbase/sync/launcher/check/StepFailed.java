package dev.betterbase.sync.launcher.check;

/**
 * A step of {@code check} failed. The message tells the user of the command why; there is no stack
 * trace.
 */
public final class StepFailed extends Exception {

  StepFailed(String reason) {
    super(reason, null, false, false);
  }
}
