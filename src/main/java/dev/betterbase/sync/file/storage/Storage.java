package dev.betterbase.sync.file.storage;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;

/**
 * Keeps the bytes of files. It knows nothing of the rows that name them: what is visible, and who
 * may replace what, is decided by whoever calls. Safe for use by many threads.
 *
 * <p>Every failure is an {@link IOException}, whose message is for the log. No call waits for ever.
 */
public interface Storage extends AutoCloseable {

  /** Asks whether it can be used: an error here says what is wrong with the settings. */
  void check() throws IOException;

  /**
   * Takes in bytes under a temporary name, while they come. When it returns they are durable. When
   * it throws, what has come so far is removed, at the latest by {@link #sweep}.
   *
   * @param bytes is read to the given length; what it throws is passed on, as it is or as a cause
   * @param length how many bytes, 0 or more; it is an error where there are fewer
   */
  Upload receive(InputStream bytes, long length) throws IOException;

  /**
   * Makes an upload the bytes of a file, durably and at once: there is no moment at which a part of
   * them is there. What the file had before is replaced. The temporary name is gone afterwards, or
   * later by {@link #sweep}.
   */
  void publish(Upload upload, FileKey key) throws IOException;

  /** Gives up an upload that was not published. Nothing happens where it is gone already. */
  void discard(Upload upload) throws IOException;

  /**
   * Reads a part of a file. A file that is deleted while it is read is read to its end, or the
   * stream fails; it never ends early without a word.
   *
   * @param from the first byte, from 0
   * @param length how many bytes; not more than there are
   * @throws java.nio.file.NoSuchFileException where there is no such file
   */
  InputStream read(FileKey key, long from, long length) throws IOException;

  /** Removes the bytes of a file. Nothing happens where there are none. */
  void delete(FileKey key) throws IOException;

  /**
   * Removes uploads that nobody will publish any more: what a crash has left.
   *
   * @param before those last written to before this
   * @return how many
   */
  int sweep(Instant before) throws IOException;

  /** Gives back what the storage holds of the system. */
  @Override
  void close();
}
