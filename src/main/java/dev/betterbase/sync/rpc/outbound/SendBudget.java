package dev.betterbase.sync.rpc.outbound;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that replies and chunks which wait to be sent take on a node, all connections
 * together, so that many clients who ask and do not read cannot fill the heap.
 *
 * <p>Nobody waits for another's share. What one connection may have waiting is a part of what is
 * free just then (the dynamic thresholds of Choudhury and Hahne, IEEE/ACM Transactions on
 * Networking 6(2), 1998): while few wait it is the protocol's bound, and with every connection that
 * stalls it becomes less, down to {@link #LEAST_BYTES}, at which each still goes on.
 */
public final class SendBudget {

  /** What each may have waiting however little is free, in bytes. */
  public static final int LEAST_BYTES = 64 * 1024;

  /** What one connection may have waiting is what is free, divided by this. */
  private static final int PART = 16;

  private static final int HEAP_SHARE = 4;

  private final long capacity;
  private final AtomicLong held = new AtomicLong();

  /**
   * @param capacity bytes in all, more than 0
   */
  public SendBudget(long capacity) {
    if (capacity <= 0) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    this.capacity = capacity;
  }

  /** A quarter of the heap that this process may grow to. */
  public static SendBudget ofHeap() {
    return new SendBudget(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /** Counts bytes that began to wait, or, where negative, wait no longer. */
  public void add(long bytes) {
    held.addAndGet(bytes);
  }

  /** The bytes that wait now. */
  public long held() {
    return held.get();
  }

  /**
   * What one may have waiting just now.
   *
   * @param most never more than this, in bytes
   */
  public int allowance(int most) {
    long part = Math.max((capacity - held.get()) / PART, LEAST_BYTES);
    return (int) Math.min(part, most);
  }
}
