package dev.betterbase.sync.file.storage;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * A stream that can be read again from its beginning while at most {@link #KEPT_BYTES} have been
 * read and reading has not failed. For use by one thread at a time.
 */
final class RepeatableInput {
  /** The number of bytes kept for repetition. */
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
   * The stream from its beginning. Closing it has no effect.
   *
   * @throws UncheckedIOException if it cannot be repeated
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
        // Stays open, because it may be read again.
      }
    };
  }

  /** The source, wrapped to record its failures. */
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
