package dev.betterbase.sync.rate;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A {@link TokenBucket} for each of many keys, such as people. A bucket that is full again is
 * forgotten. Memory is bounded: if very many keys are in use at a time, some begin anew with a full
 * bucket. For any number of threads.
 *
 * @param <K> the type of the keys
 */
public final class TokenBuckets<K> {

  /** The most buckets at a time, of about 200 bytes each with its key. */
  private static final int AT_MOST = 50_000;

  private final double perSecond;
  private final int burst;
  private final LongSupplier nanoTime;
  private final Cache<K, TokenBucket> buckets;

  /**
   * @param perSecond actions a second in the long run, for each key; more than 0
   * @param burst actions at once after a pause, for each key
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public TokenBuckets(double perSecond, int burst, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.nanoTime = nanoTime;
    this.buckets =
        Caffeine.newBuilder()
            .maximumSize(AT_MOST)
            .expireAfterAccess(Duration.ofSeconds((long) Math.ceil(burst / perSecond)))
            .ticker(nanoTime::getAsLong)
            // Upkeep must not outlive the application in a pool of the JVM.
            .executor(Runnable::run)
            .build();
  }

  /**
   * Counts an action unless it is one too many.
   *
   * @return false if it is one too many; it is not counted then
   */
  public boolean permits(K key) {
    TokenBucket bucket = buckets.get(key, first -> new TokenBucket(perSecond, burst, nanoTime));
    synchronized (bucket) {
      return bucket.permits();
    }
  }
}
