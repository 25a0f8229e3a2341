package dev.betterbase.sync.fault;

/** The chain of causes of a failure. */
public final class Causes {
  private Causes() {}

  /** The innermost cause; the layers above it only say that they failed too. */
  public static Throwable innermost(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
