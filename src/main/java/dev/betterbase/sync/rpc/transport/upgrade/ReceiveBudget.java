package dev.betterbase.sync.rpc.transport.upgrade;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The memory of all long messages that are being received on a node (protocol.md, After
 * authentication). It is reserved before it is used, and shared out by sender, which is a person or
 * a peer.
 *
 * <p>A sender that holds nothing may reserve all that is free. Its further messages may take only
 * as much as is left free besides (the dynamic thresholds of Choudhury and Hahne, as in {@link
 * dev.betterbase.sync.rpc.outbound.SendBudget}). When memory is scarce, the sender that holds least
 * is served first, and among equals the one that came first or has not had its turn since.
 *
 * <p>A part of the memory is kept for senders that hold little, so that a message of moderate
 * length does not wait behind a long one. While somebody waits, a message must come in faster the
 * longer it is ({@link Reservation#isTooSlow}).
 */
public final class ReceiveBudget {

  /** Messages up to this length, in bytes, reserve no memory. */
  static final int FREE_BYTES = 64 * 1024;

  private static final int HEAP_SHARE = 4;

  /** The part of the memory that is kept for senders that hold little: one in this many bytes. */
  private static final int KEPT_PART = 16;

  /**
   * A sender that holds less than the free bytes of the kept part divided by this may draw on it.
   */
  private static final int KEPT_SHARE = 4;

  private static final long LEAST_BYTES_PER_SECOND = 64 * 1024;
  private static final long SLOW_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * While another sender waits, a message must be on the way to be whole within this time. Clients
   * give up a call after 30 s (protocol.md, Connecting), so a slower one is of no use to anyone.
   */
  private static final long SCARCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** A new message gets this time to reach its speed. */
  private static final long SCARCE_AFTER_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Memory is scarce when somebody has waited for this long. */
  private static final long WAITED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long capacity;
  private final long kept;
  private final Map<Object, Long> heldBySender = new HashMap<>();

  /** The reservations that wait, in the order in which they came. */
  private final List<Reservation> waiting = new ArrayList<>();

  private long reserved;
  private long reservedOfKept;

  /**
   * @param capacity bytes in all, more than 0
   */
  public ReceiveBudget(long capacity) {
    if (capacity <= 0) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    this.capacity = capacity;
    this.kept = capacity / KEPT_PART;
  }

  /** A quarter of the heap that this process may grow to. */
  public static ReceiveBudget ofHeap() {
    return new ReceiveBudget(Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /** Shows the reserved bytes from now on. */
  public void register(MeterRegistry registry) {
    Gauge.builder("betterbase.receive.budget.held", this, ReceiveBudget::reserved)
        .description("Bytes reserved for long messages that are coming in")
        .baseUnit("bytes")
        .strongReference(true)
        .register(registry);
    Gauge.builder("betterbase.receive.budget.capacity", this, budget -> budget.capacity)
        .description("Bytes that may be reserved for long messages that are coming in")
        .baseUnit("bytes")
        .strongReference(true)
        .register(registry);
  }

  /** The bytes that a single message can reserve at most. */
  public long longest() {
    return capacity - kept;
  }

  /** The bytes that are reserved now. */
  public synchronized long reserved() {
    return reserved + reservedOfKept;
  }

  /**
   * Asks for memory.
   *
   * @param sender whose share it counts against
   * @param bytes at most {@link #longest}
   * @param granted run once if the reservation had to wait and has been granted; short, since it
   *     runs on the thread that made the room
   */
  Reservation reserve(Object sender, long bytes, Runnable granted) {
    if (bytes > longest()) {
      throw new IllegalArgumentException("more than there is");
    }
    var reservation = new Reservation(sender, bytes, granted, System.nanoTime());
    synchronized (this) {
      if (waiting.isEmpty() && fits(reservation)) {
        reserved += bytes;
        hold(reservation);
      } else if (fitsIntoKept(reservation)) {
        reservation.ofKept = true;
        reservedOfKept += bytes;
        hold(reservation);
      } else {
        waiting.add(reservation);
      }
    }
    return reservation;
  }

  private void hold(Reservation reservation) {
    reservation.held = true;
    heldBySender.merge(reservation.sender, reservation.bytes, Long::sum);
  }

  private long heldBy(Object sender) {
    return heldBySender.getOrDefault(sender, 0L);
  }

  private boolean fits(Reservation reservation) {
    long free = longest() - reserved;
    long held = heldBy(reservation.sender);
    return reservation.bytes <= free && (held == 0 || held + reservation.bytes <= free);
  }

  private boolean fitsIntoKept(Reservation reservation) {
    long free = kept - reservedOfKept;
    return heldBy(reservation.sender) + reservation.bytes <= free / KEPT_SHARE;
  }

  private void release(Reservation reservation, long bytes) {
    List<Reservation> served = new ArrayList<>();
    synchronized (this) {
      if (reservation.held) {
        giveBack(reservation, bytes);
      } else {
        waiting.remove(reservation);
        reservation.bytes = 0;
      }
      for (Reservation next = next(); next != null && fits(next); next = next()) {
        waiting.remove(next);
        reserved += next.bytes;
        hold(next);
        served.add(next);
      }
    }
    served.forEach(each -> each.granted.run());
  }

  private void giveBack(Reservation reservation, long bytes) {
    reservation.bytes -= bytes;
    if (reservation.ofKept) {
      reservedOfKept -= bytes;
    } else {
      reserved -= bytes;
    }
    heldBySender.computeIfPresent(
        reservation.sender, (sender, held) -> held == bytes ? null : held - bytes);
    if (bytes > 0 && reservation.bytes == 0) {
      // The sender has had its turn: its other messages go behind those of others.
      List<Reservation> others =
          waiting.stream().filter(each -> each.sender.equals(reservation.sender)).toList();
      waiting.removeAll(others);
      waiting.addAll(others);
    }
  }

  /** The next to be served; the others wait for it, so that a long message gets its turn. */
  private @Nullable Reservation next() {
    return waiting.stream().min(Comparator.comparingLong(each -> heldBy(each.sender))).orElse(null);
  }

  private synchronized boolean isScarceFor(Object sender, long nanoTime) {
    for (Reservation each : waiting) {
      if (nanoTime - each.askedAt >= WAITED_NANOS && !each.sender.equals(sender)) {
        return true;
      }
    }
    return false;
  }

  /** The memory of one message: waited for at first, then held until it is given back. */
  final class Reservation {
    private final Object sender;
    private final Runnable granted;
    private final long askedAt;
    private long bytes;
    private boolean held;
    private boolean ofKept;

    private Reservation(Object sender, long bytes, Runnable granted, long askedAt) {
      this.sender = sender;
      this.bytes = bytes;
      this.granted = granted;
      this.askedAt = askedAt;
    }

    boolean isHeld() {
      synchronized (ReceiveBudget.this) {
        return held;
      }
    }

    /**
     * Whether the message comes in too slowly for the memory that it holds. It must always keep
     * {@value #LEAST_BYTES_PER_SECOND} bytes a second on average. While another sender waits for
     * memory, it must also keep the speed with which it would be whole within 20 s.
     *
     * @param received the bytes that have come since the memory was granted
     * @param nanos the time since then
     * @param nanoTime the time now, of {@link System#nanoTime()}
     */
    boolean isTooSlow(long received, long nanos, long nanoTime) {
      if (nanos >= SLOW_AFTER_NANOS && received < nanos / 1e9 * LEAST_BYTES_PER_SECOND) {
        return true;
      }
      return nanos >= SCARCE_AFTER_NANOS
          && received < bytes() * ((double) nanos / SCARCE_NANOS)
          && isScarceFor(sender, nanoTime);
    }

    private long bytes() {
      synchronized (ReceiveBudget.this) {
        return bytes;
      }
    }

    /** Gives back what exceeds this number of bytes. */
    void shrinkTo(long needed) {
      long surplus = bytes() - needed;
      if (surplus > 0) {
        release(this, surplus);
      }
    }

    /** Gives back all of the memory, or the place in the queue. */
    void close() {
      release(this, bytes());
    }
  }
}
