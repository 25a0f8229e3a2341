package dev.betterbase.sync.launcher.backup;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Bytes that are copied, which tells whether a copy failed because they could not be read. */
final class SourceInput extends FilterInputStream {
  private @Nullable IOException failure;

  SourceInput(InputStream in) {
    super(in);
  }

  /** Whether this is what reading threw; otherwise the bytes could not be written. */
  boolean threw(IOException thrown) {
    return thrown == failure;
  }

  @Override
  public int read() throws IOException {
    try {
      return super.read();
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      return super.read(buffer, offset, length);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }
}
