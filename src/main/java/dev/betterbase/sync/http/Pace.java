package dev.betterbase.sync.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The least rate of a transfer, since it holds a thread: 16 KiB/s, and 30 s in all for pauses. So a
 * file of 100 MiB takes at most 1 h 48 min. Used by one thread.
 *
 * <p>A WebSocket message that comes in holds memory instead, and its least rate is a plain average
 * (protocol.md, After authentication); that rule is kept where the memory is reserved.
 */
public final class Pace {
  static final long BYTES_PER_SECOND = 16 * 1024;
  static final long GRACE_SECONDS = 30;

  private final LongSupplier nanoTime;
  private final long begun;
  private long bytes;

  /**
   * Begins now.
   *
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public Pace(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.begun = nanoTime.getAsLong();
  }

  /** Counts more bytes that went through. */
  public void count(int more) {
    bytes += more;
  }

  /** Whether the transfer has been too slow so far. */
  public boolean isTooSlow() {
    long seconds = TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong() - begun);
    return seconds > GRACE_SECONDS + bytes / BYTES_PER_SECOND;
  }

  /** The bytes that went through so far. */
  public long bytes() {
    return bytes;
  }

  /** The longest that a transfer of this number of bytes may take. */
  public static Duration longest(long bytes) {
    return Duration.ofSeconds(GRACE_SECONDS + bytes / BYTES_PER_SECOND);
  }
}
