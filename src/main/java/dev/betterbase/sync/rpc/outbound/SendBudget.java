package dev.betterbase.sync.rpc.outbound;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * The memory of all replies and chunks that wait to be sent on a node. It keeps many clients that
 * ask and do not read from filling the heap.
 *
 * <p>No connection waits for the share of another. Each may have a part of the memory that is free
 * at the moment (the dynamic thresholds of Choudhury and Hahne, IEEE/ACM Transactions on Networking
 * 6(2), 1998). While few frames wait, that part is more than the bound of the protocol. With every
 * connection that stalls it shrinks, but never below {@link #LEAST_BYTES}, with which each
 * connection can still go on.
 */
public final class SendBudget {

  /** The bytes that each connection may have waiting, however little is free. */
  public static final int LEAST_BYTES = 64 * 1024;

  /** Each connection may have the free bytes divided by this waiting. */
  private static final int PART = 64;

  /** A person or a peer may hold the free bytes divided by this. */
  private static final int PART_OF_PARTY = 6;

  private static final int HEAP_SHARE = 4;

  private final long capacity;
  private final AtomicLong held;
  private final LongConsumer alsoCounted;

  /**
   * @param capacity bytes in all, more than 0
   */
  public SendBudget(long capacity) {
    this(capacity, new AtomicLong(), bytes -> {});
    if (capacity <= 0) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
  }

  private SendBudget(long capacity, AtomicLong held, LongConsumer alsoCounted) {
    this.capacity = capacity;
    this.held = held;
    this.alsoCounted = alsoCounted;
  }

  /** A quarter of the heap that this process may grow to. */
  public static SendBudget ofHeap() {
    return new SendBudget(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /**
   * This budget as one connection uses it.
   *
   * @param counted gets all that the connection adds, perhaps under a lock
   */
  public SendBudget counting(LongConsumer counted) {
    return new SendBudget(capacity, held, counted);
  }

  /** Counts bytes that begin to wait, or that wait no longer if negative. */
  public void add(long bytes) {
    if (bytes != 0) {
      held.addAndGet(bytes);
      alsoCounted.accept(bytes);
    }
  }

  /** The bytes that all connections together should not exceed. */
  public long capacity() {
    return capacity;
  }

  /** The bytes that wait now. */
  public long held() {
    return held.get();
  }

  /**
   * The bytes that one connection may have waiting at the moment.
   *
   * @param most the upper bound of the result
   */
  public int allowance(int most) {
    long part = Math.max((capacity - held.get()) / PART, LEAST_BYTES);
    return (int) Math.min(part, most);
  }

  /**
   * The bytes above which a person or a peer, on all connections together, is sent no further batch
   * of a stream at the moment: a sixth of the free bytes, but always one batch.
   *
   * @param batch the bytes of a batch
   */
  public long allowanceOfParty(int batch) {
    return Math.max((capacity - held.get()) / PART_OF_PARTY, batch);
  }
}
