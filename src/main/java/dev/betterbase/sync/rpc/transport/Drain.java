package dev.betterbase.sync.rpc.transport;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Lets many threads hand work to one connection while only one of them at a time does it. Each
 * thread leaves its work in a queue of the connection and calls {@link #run}. The first one to call
 * does the work of all; the others return at once and never wait.
 *
 * <p>No work is left behind: before the working thread leaves, it looks again if anyone has called
 * since it began. A call from within a step counts as well and does not nest.
 *
 * <p>A call allocates nothing. A step must not throw: the drain would stay taken, and nothing more
 * would be sent on a connection whose state nobody knows.
 */
public final class Drain {

  /** The bytes that are gathered for one write. */
  public static final int GATHER_BYTES = 64 * 1024;

  private final BooleanSupplier step;
  private final int turn;
  private final Runnable handOver;

  /** Counts the calls that are not served yet; above 0, some thread is working. */
  private final AtomicInteger calls = new AtomicInteger();

  /**
   * A drain whose thread works until nothing is left.
   *
   * @param step does a piece of the work; returns false when there is nothing to do until the next
   *     call of {@link #run}
   */
  public Drain(BooleanSupplier step) {
    this(step, Integer.MAX_VALUE, () -> {});
  }

  /**
   * A drain whose thread works for a bounded time.
   *
   * @param step does a piece of the work; returns false when there is nothing to do until the next
   *     call of {@link #run}
   * @param turn the number of successful steps after which the thread leaves; more than 0
   * @param handOver run when the turn is over: has another thread call {@link #run}
   */
  public Drain(BooleanSupplier step, int turn, Runnable handOver) {
    this.step = step;
    this.turn = turn;
    this.handOver = handOver;
  }

  /** Does the steps that are due, unless another thread is doing them or this one is in a step. */
  public void run() {
    if (calls.getAndIncrement() != 0) {
      return;
    }
    int left = turn;
    int served = 1;
    while (served != 0) {
      while (left > 0 && step.getAsBoolean()) {
        left--;
      }
      if (left == 0) {
        calls.set(0);
        handOver.run();
        return;
      }
      served = calls.addAndGet(-served);
    }
  }
}
