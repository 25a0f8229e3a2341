package dev.betterbase.sync.launcher;

/** Why the server does not start, as a text for whoever starts it; no stack trace is shown. */
final class StartRefused extends RuntimeException {
  StartRefused(String text) {
    super(text);
  }

  StartRefused(String text, Throwable cause) {
    super(text, cause);
  }
}
