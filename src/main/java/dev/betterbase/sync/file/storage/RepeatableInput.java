package dev.betterbase.sync.file.storage;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * A stream that can be read again from its beginning as long as no more than {@link #KEPT_BYTES}
 * were read, and as long as it did not fail itself. Used by one thread at a time.
 */
final class RepeatableInput {
  /** How much is kept, in bytes. */
  static final int KEPT_BYTES = 128 * 1024;

  private final BufferedInputStream kept;
  private boolean failed;
  private long taken;

  RepeatableInput(InputStream in) {
    kept = new BufferedInputStream(new Source(in));
    kept.mark(KEPT_BYTES);
  }

  /** Whether it can be read again. */
  boolean isRepeatable() {
    return !failed && taken <= KEPT_BYTES;
  }

  /**
   * The stream from its beginning; to close it closes nothing.
   *
   * @throws UncheckedIOException where it is not repeatable
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

  /** What it comes from, looked at on its way. */
  private final class Source extends FilterInputStream {
    Source(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int count) throws IOException {
      try {
        int read = super.read(buffer, offset, count);
        taken += Math.max(read, 0);
        return read;
      } catch (IOException failure) {
        failed = true;
        throw failure;
      }
    }
  }
}
