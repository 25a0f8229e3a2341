package dev.betterbase.sync.rpc.transport.upgrade;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of all long messages that are being received on a node (protocol.md, After
 * authentication). It is reserved before it is used, first come, first served.
 */
public final class ReceiveBudget {

  /** Messages up to this length, in bytes, reserve no memory. */
  static final int FREE_BYTES = 64 * 1024;

  private static final int HEAP_SHARE = 4;

  private final long capacity;
  private long reserved;
  private final ArrayDeque<Reservation> waiting = new ArrayDeque<>();

  /**
   * @param capacity bytes in all, more than 0
   */
  public ReceiveBudget(long capacity) {
    if (capacity <= 0) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    this.capacity = capacity;
  }

  /** A quarter of the heap that this process may grow to. */
  public static ReceiveBudget ofHeap() {
    return new ReceiveBudget(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /** The bytes that all messages together, or a single one, can reserve at most. */
  public long capacity() {
    return capacity;
  }

  /** The bytes that are reserved now. */
  public synchronized long reserved() {
    return reserved;
  }

  /**
   * Asks for memory.
   *
   * @param bytes at most the capacity
   * @param granted run once if the reservation had to wait and has been granted; short, since it
   *     runs on the thread that made the room
   */
  Reservation reserve(long bytes, Runnable granted) {
    if (bytes > capacity) {
      throw new IllegalArgumentException("more than there is");
    }
    var reservation = new Reservation(bytes, granted);
    synchronized (this) {
      if (waiting.isEmpty() && reserved + bytes <= capacity) {
        reserved += bytes;
        reservation.held = true;
      } else {
        waiting.add(reservation);
      }
    }
    return reservation;
  }

  private void release(Reservation reservation, long bytes) {
    List<Reservation> served = new ArrayList<>();
    synchronized (this) {
      if (reservation.held) {
        reserved -= bytes;
        reservation.bytes -= bytes;
      } else {
        waiting.remove(reservation);
        reservation.bytes = 0;
      }
      for (Reservation next = waiting.peek();
          next != null && reserved + next.bytes <= capacity;
          next = waiting.peek()) {
        waiting.remove();
        reserved += next.bytes;
        next.held = true;
        served.add(next);
      }
    }
    served.forEach(each -> each.granted.run());
  }

  /** The memory of one message: waited for at first, then held until it is given back. */
  final class Reservation {
    private final Runnable granted;
    private long bytes;
    private boolean held;

    private Reservation(long bytes, Runnable granted) {
      this.bytes = bytes;
      this.granted = granted;
    }

    boolean isHeld() {
      synchronized (ReceiveBudget.this) {
        return held;
      }
    }

    /** Gives back what exceeds this number of bytes. */
    void shrinkTo(long needed) {
      long surplus;
      synchronized (ReceiveBudget.this) {
        surplus = bytes - needed;
      }
      if (surplus > 0) {
        release(this, surplus);
      }
    }

    /** Gives back all of the memory, or the place in the queue. */
    void close() {
      long all;
      synchronized (ReceiveBudget.this) {
        all = bytes;
      }
      release(this, all);
    }
  }
}
