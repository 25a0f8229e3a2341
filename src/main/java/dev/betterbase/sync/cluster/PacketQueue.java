package dev.betterbase.sync.cluster;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A queue of byte arrays that is bounded by their number and by their bytes. */
final class PacketQueue {
  private static final int ENTRIES = 16_384;

  private final LinkedBlockingQueue<byte[]> entries = new LinkedBlockingQueue<>(ENTRIES);
  private final AtomicLong held = new AtomicLong();
  private final long bytes;

  /**
   * @param bytes the most that the entries may have together
   */
  PacketQueue(long bytes) {
    this.bytes = bytes;
  }

  /** Adds an entry; false if there is no room. */
  boolean offer(byte[] entry) {
    if (held.addAndGet(entry.length) <= bytes && entries.offer(entry)) {
      return true;
    }
    held.addAndGet(-entry.length);
    return false;
  }

  /** Takes the first entry, or null if none comes within this time. */
  byte @Nullable [] poll(long nanos) throws InterruptedException {
    return taken(entries.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS));
  }

  /** Takes the first entry, or null if there is none. */
  byte @Nullable [] poll() {
    return taken(entries.poll());
  }

  private byte @Nullable [] taken(byte @Nullable [] entry) {
    if (entry != null) {
      held.addAndGet(-entry.length);
    }
    return entry;
  }
}
