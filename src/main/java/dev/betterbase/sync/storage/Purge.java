package dev.betterbase.sync.storage;

import java.time.Duration;

/** Deletes old rows every ten minutes, a bounded number in each statement. */
public abstract class Purge implements PeriodicJob {
  private static final int AT_ONCE = 10_000;

  @Override
  public Duration pause() {
    return Duration.ofMinutes(10);
  }

  @Override
  public boolean isForOneNode() {
    return true;
  }

  @Override
  public void round() {
    while (purge(AT_ONCE) == AT_ONCE) {
      // There may be more.
    }
  }

  /**
   * Deletes some of the rows.
   *
   * @param atMost the greatest number of rows to delete
   * @return the number of rows deleted
   */
  protected abstract int purge(int atMost);
}
