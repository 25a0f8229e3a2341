package dev.betterbase.sync.launcher.check;

/**
 * A step of {@code check} that failed. The message is the reason, in words for whoever runs the
 * command; a stack trace would tell them nothing.
 */
public final class StepFailed extends Exception {

  public StepFailed(String reason) {
    super(reason, null, false, false);
  }
}
