package dev.betterbase.sync.rpc.transport.upgrade;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * The buffers that bytes are read into. A connection borrows one only while it reads, so an idle
 * connection has none. As many are kept as threads usually read at a time; further ones are made
 * when needed and dropped afterwards.
 */
final class ReadBuffers {

  private static final int BYTES = 16 * 1024;
  private static final int KEPT = 32;

  private final ArrayBlockingQueue<byte[]> free = new ArrayBlockingQueue<>(KEPT);

  byte[] take() {
    byte[] buffer = free.poll();
    return buffer == null ? new byte[BYTES] : buffer;
  }

  void give(byte[] buffer) {
    // Dropped if enough are kept.
    boolean unused = free.offer(buffer);
  }
}
