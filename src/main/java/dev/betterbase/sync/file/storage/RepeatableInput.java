package dev.betterbase.sync.file.storage;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * A stream that can be read again from its beginning as long as no more than {@link #KEPT_BYTES}
 * were read. Used by one thread at a time.
 */
final class RepeatableInput {
  /** How much is kept, in bytes. */
  static final int KEPT_BYTES = 128 * 1024;

  private final BufferedInputStream kept;

  RepeatableInput(InputStream in) {
    kept = new BufferedInputStream(in);
    kept.mark(KEPT_BYTES);
  }

  /**
   * The stream from its beginning; to close it closes nothing.
   *
   * @throws UncheckedIOException where too much was read
   */
  InputStream fromTheBeginning() {
    try {
      kept.reset();
    } catch (IOException behindTheMark) {
      throw new UncheckedIOException(behindTheMark);
    }
    return new FilterInputStream(kept) {
      @Override
      public void close() {
        // It may be read once more.
      }
    };
  }
}
