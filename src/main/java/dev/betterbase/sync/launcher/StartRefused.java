package dev.betterbase.sync.launcher;

/**
 * The server or a command cannot do its work. The message says what is wrong and what to do; it is
 * printed without a stack trace.
 */
public final class StartRefused extends RuntimeException {
  public StartRefused(String text) {
    super(text);
  }

  public StartRefused(String text, Throwable cause) {
    super(text, cause);
  }
}
