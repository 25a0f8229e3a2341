package dev.betterbase.sync.launcher.payara;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/**
 * An output to which writing never waits: a thread of its own passes everything on. A terminal may
 * be paused (Ctrl-S), or the program behind a pipe may hang. Then each thread that logs would wait
 * for it, and soon the whole server. What does not fit is left out, and a line says so when the
 * reader is back.
 */
final class QueuedOutput extends OutputStream {
  /** Bytes that may wait: some thousand lines. */
  private static final int ROOM = 1 << 20;

  /** At the end of the process, a reader that takes nothing for this long is not waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

  private final PrintStream target;
  private final LongFunction<String> notice;
  private final Deque<byte[]> waiting = new ArrayDeque<>();
  private int room = ROOM;

  /** The number of events that were left out and not told of yet. */
  private long leftOut;

  /** Whether the beginning of an event was left out, and its end is to come. */
  private boolean cut;

  /** Whether the last thing that was not left out is an event without its end. */
  private boolean open;

  /** Whether the target is being written to. */
  private boolean busy;

  /** Counts what the target has taken. */
  private long taken;

  private QueuedOutput(PrintStream target, LongFunction<String> notice) {
    this.target = target;
    this.notice = notice;
  }

  /**
   * Starts the thread, which does not keep the process alive.
   *
   * @param notice makes the line that says how many events were left out
   */
  static QueuedOutput before(PrintStream target, LongFunction<String> notice) {
    QueuedOutput output = new QueuedOutput(target, notice);
    Thread.ofPlatform().daemon().name("log").start(output::passOn);
    return output;
  }

  @Override
  public void write(int each) {
    write(new byte[] {(byte) each}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] from, int offset, int length) {
    if (length == 0) {
      return;
    }
    boolean ends = from[offset + length - 1] == '\n';
    if (cut || length > room) {
      cut = !ends;
      leftOut += ends ? 1 : 0;
      return;
    }
    if (leftOut > 0) {
      add(takeNotice());
    }
    open = !ends;
    add(Arrays.copyOfRange(from, offset, offset + length));
    notifyAll();
  }

  /** Waits until everything is passed on, or nobody reads. */
  synchronized void drain() throws InterruptedException {
    long before;
    do {
      before = taken;
      long end = System.nanoTime() + PATIENCE.toNanos();
      for (long left = PATIENCE.toMillis();
          left > 0 && taken == before && !isDrained();
          left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
        wait(left);
      }
    } while (taken != before && !isDrained());
  }

  private boolean isDrained() {
    return waiting.isEmpty() && !busy;
  }

  private void passOn() {
    try {
      while (true) {
        byte[] next = next();
        // A failure, such as that of a full disk, leaves out this event alone.
        target.write(next, 0, next.length);
        target.flush();
        isTaken(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized byte[] next() throws InterruptedException {
    while (waiting.isEmpty()) {
      if (leftOut > 0) {
        add(takeNotice());
      } else {
        wait(LOOK_AGAIN.toMillis());
      }
    }
    busy = true;
    return waiting.remove();
  }

  private synchronized void isTaken(byte[] passed) {
    room += passed.length;
    taken++;
    busy = false;
    notifyAll();
  }

  /** May take more than the room, by one line. */
  private void add(byte[] bytes) {
    room -= bytes.length;
    waiting.add(bytes);
  }

  private byte[] takeNotice() {
    String line = (open ? "\n" : "") + notice.apply(leftOut);
    leftOut = 0;
    open = false;
    return line.getBytes(StandardCharsets.UTF_8);
  }
}
