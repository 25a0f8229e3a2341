package dev.betterbase.sync.rpc.transport.upgrade;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * What bytes are read into, lent to a connection only while it reads: an idle one has none. As many
 * are kept as threads usually read at a time; more are made where they are needed, and dropped.
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
    // Dropped where enough are kept.
    boolean unused = free.offer(buffer);
  }
}
