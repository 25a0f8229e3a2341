package dev.betterbase.sync.rpc;

/**
 * Bounds the frames a second of one connection (protocol.md, 4007): a token bucket. Used by one
 * thread at a time.
 */
final class FrameRate {

  /** Seconds of the permitted rate that may come at once. */
  private static final int BURST_SECONDS = 4;

  private static final double NANOS_PER_SECOND = 1e9;

  private final int perSecond;
  private double left;
  private long refilledAt;

  /**
   * @param perSecond frames a second in the long run
   * @param nanoTime the time now
   */
  FrameRate(int perSecond, long nanoTime) {
    this.perSecond = perSecond;
    this.left = (double) perSecond * BURST_SECONDS;
    this.refilledAt = nanoTime;
  }

  /** Counts a frame; false where it was one too many. */
  boolean permits(long nanoTime) {
    double earned = (nanoTime - refilledAt) / NANOS_PER_SECOND * perSecond;
    left = Math.min((double) perSecond * BURST_SECONDS, left + earned);
    refilledAt = nanoTime;
    if (left < 1) {
      return false;
    }
    left -= 1;
    return true;
  }
}
