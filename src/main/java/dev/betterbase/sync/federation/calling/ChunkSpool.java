package dev.betterbase.sync.federation.calling;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Chunks of a home server on their way to a member who may read more slowly than they come. What
 * exceeds a bound of memory waits in a file, so that a slow reader neither takes the server's
 * memory nor stops the connection that it shares with all others. The file holds only ciphertext,
 * and is deleted when the spool is closed.
 */
final class ChunkSpool implements AutoCloseable {
  /** The most bytes in memory. */
  static final int MEMORY = 4 * 1024 * 1024;

  private final SpoolRoom room;
  private final Path folder;
  private final ArrayDeque<Chunk> memory = new ArrayDeque<>();
  private long bytesInMemory;
  private @Nullable FileChannel file;
  private long written;
  private long read;
  private boolean closed;

  /**
   * One chunk.
   *
   * @param data the encoded data
   */
  record Chunk(String name, byte[] data) {}

  /**
   * @param room the disk space that all spools share
   */
  ChunkSpool(SpoolRoom room) {
    this(room, SpoolRoom.folder());
  }

  /**
   * @param folder the folder of the file
   */
  ChunkSpool(SpoolRoom room, Path folder) {
    this.room = room;
    this.folder = folder;
  }

  /**
   * Adds a chunk.
   *
   * @return false if there is no room for it, or the spool is closed
   */
  synchronized boolean add(Chunk chunk) {
    if (closed) {
      return false;
    }
    if (written == read && bytesInMemory + chunk.data().length <= MEMORY) {
      memory.add(chunk);
      bytesInMemory += chunk.data().length;
      return true;
    }
    ByteBuffer entry = entry(chunk);
    if (!room.take(written, entry.remaining())) {
      return false;
    }
    try {
      append(entry);
      return true;
    } catch (IOException e) {
      room.giveBack(entry.capacity());
      throw new UncheckedIOException(e);
    }
  }

  private static ByteBuffer entry(Chunk chunk) {
    byte[] name = chunk.name().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + name.length + chunk.data().length)
        .putInt(name.length)
        .putInt(chunk.data().length)
        .put(name)
        .put(chunk.data())
        .flip();
  }

  private void append(ByteBuffer entry) throws IOException {
    if (file == null) {
      Path path = Files.createTempFile(folder, "betterbase-pull", ".spool");
      file =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
    }
    long end = written;
    while (entry.hasRemaining()) {
      end += file.write(entry, end);
    }
    // Only now: a full disk may take a part of an entry, which nobody must read.
    written = end;
  }

  /** The next chunk; null if none waits. */
  synchronized @Nullable Chunk poll() {
    Chunk first = memory.poll();
    if (first != null) {
      bytesInMemory -= first.data().length;
      return first;
    }
    if (read == written || file == null) {
      return null;
    }
    try {
      ByteBuffer head = read(file, 8);
      int nameLength = head.getInt();
      int dataLength = head.getInt();
      byte[] name = read(file, nameLength).array();
      Chunk chunk =
          new Chunk(new String(name, StandardCharsets.UTF_8), read(file, dataLength).array());
      if (read == written) {
        file.truncate(0);
        read = 0;
        room.giveBack(written);
        written = 0;
      }
      return chunk;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ByteBuffer read(FileChannel from, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      int count = from.read(bytes, read);
      if (count < 0) {
        throw new IOException("the spool is cut short");
      }
      read += count;
    }
    return bytes.flip();
  }

  synchronized boolean isEmpty() {
    return memory.isEmpty() && read == written;
  }

  /** Drops what waits. */
  @Override
  public synchronized void close() {
    closed = true;
    memory.clear();
    room.giveBack(written);
    written = 0;
    read = 0;
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
