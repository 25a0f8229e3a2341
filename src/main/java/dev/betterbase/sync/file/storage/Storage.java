package dev.betterbase.sync.file.storage;

import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Keeps the bytes of files. It knows nothing of the rows that name them: the caller decides which
 * files are visible, and which may be replaced. Safe for use by many threads.
 *
 * <p>Every failure is an {@link IOException}, whose message is for the log only. Every call has a
 * time-out.
 */
public interface Storage extends AutoCloseable {
  /** The most uploads that {@link #unfinished} returns. */
  int MOST_UNFINISHED = 10_000;

  /**
   * Checks that the storage can be used. The message of a failure says what is wrong with the
   * settings.
   */
  void check() throws IOException;

  /**
   * Stores bytes under a temporary name as they arrive. They are durable when the method returns.
   * If it throws, the partial upload is removed, or else remains among the {@link #unfinished}.
   *
   * @param bytes read to the given length; an exception from it is passed on, as it is or as a
   *     cause
   * @param length the number of bytes, 0 or more; fewer are an error
   */
  Upload receive(InputStream bytes, long length) throws IOException;

  /**
   * Makes an upload the content of a file, durably and atomically: no part of it is visible before
   * the rest. Earlier content is replaced. The temporary name is removed now, or remains among the
   * {@link #unfinished}.
   */
  void publish(Upload upload, FileKey key) throws IOException;

  /**
   * Takes an upload back that was published a moment ago: it can be published again. The caller
   * makes sure that nobody publishes the same file meanwhile. Bytes may stay at the file's place
   * until {@link #delete}.
   */
  void withdraw(Upload upload, FileKey key) throws IOException;

  /** Discards an upload that was not published. Does nothing if it is gone already. */
  void discard(Upload upload) throws IOException;

  /**
   * Reads a part of a file. If the file is deleted meanwhile, the stream gives all the bytes or
   * fails; it never ends early without an error.
   *
   * @param from the offset of the first byte
   * @param length the number of bytes
   * @throws java.nio.file.NoSuchFileException if the storage is there, but not the file
   * @throws java.io.EOFException if the file is shorter, and the storage knows that before it reads
   */
  InputStream read(FileKey key, long from, long length) throws IOException;

  /** Removes the bytes of a file. Does nothing if there are none. */
  void delete(FileKey key) throws IOException;

  /**
   * The number of bytes of a file.
   *
   * @return empty if the storage has no bytes of it
   */
  OptionalLong size(FileKey key) throws IOException;

  /**
   * Visits every file that the storage has bytes of, in no particular order. One that comes or goes
   * meanwhile may be left out. Uploads that were not published are none.
   */
  void visit(Visitor visitor) throws IOException;

  /** Is told of the files in a storage. */
  @FunctionalInterface
  interface Visitor {
    /** The storage has bytes of this file. */
    void file(FileKey key) throws IOException;
  }

  /**
   * The uploads that were neither published nor discarded: those that are in progress, on any node,
   * and those that a crash left behind. At most {@value #MOST_UNFINISHED} of them.
   */
  Set<Upload> unfinished() throws IOException;

  /** Releases the connections and threads of the storage. */
  @Override
  void close();
}
