package dev.betterbase.sync.launcher;

/** Why the server does not start, as a text for whoever starts it; no stack trace is shown. */
public final class StartRefused extends RuntimeException {
  public StartRefused(String text) {
    super(text);
  }

  public StartRefused(String text, Throwable cause) {
    super(text, cause);
  }
}
