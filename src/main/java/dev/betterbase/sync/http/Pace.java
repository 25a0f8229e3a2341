package dev.betterbase.sync.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The least rate at which a transfer must go on, since it holds a thread: 16 KiB/s on average, once
 * 30 s are over. So a file of 100 MiB takes 1 h 48 min at most. Used by one thread.
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
   * @param nanoTime as {@link System#nanoTime}
   */
  public Pace(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.begun = nanoTime.getAsLong();
  }

  /** Counts bytes that went through. */
  public void count(int more) {
    bytes += more;
  }

  /** Whether it has gone too slowly, up to now. */
  public boolean isTooSlow() {
    long seconds = TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong() - begun);
    return seconds > GRACE_SECONDS + bytes / BYTES_PER_SECOND;
  }

  /** How many bytes went through. */
  public long bytes() {
    return bytes;
  }

  /** The longest that so many bytes may take. */
  public static Duration longest(long bytes) {
    return Duration.ofSeconds(GRACE_SECONDS + bytes / BYTES_PER_SECOND);
  }
}
