package dev.betterbase.sync.launcher;

/**
 * A step of {@code check} that failed. The message is the reason, in words for whoever runs the
 * command; a stack trace would tell them nothing.
 */
final class StepFailed extends Exception {

  StepFailed(String reason) {
    super(reason, null, false, false);
  }
}
