package dev.betterbase.sync.storage;

import java.time.Duration;

/** Deletes old rows every ten minutes, a bounded number a statement. */
public abstract class Purge implements PeriodicJob {
  private static final int AT_ONCE = 10_000;

  @Override
  public Duration pause() {
    return Duration.ofMinutes(10);
  }

  @Override
  public void round() {
    while (purge(AT_ONCE) == AT_ONCE) {
      // There may be more.
    }
  }

  /**
   * Deletes some.
   *
   * @param atMost so many
   * @return how many it were
   */
  protected abstract int purge(int atMost);
}
