package dev.betterbase.sync.identity;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The key set of one issuer or peer, fetched when it is first needed and then kept (auth.md, JWKS).
 * One fetch is under way at a time.
 *
 * <ul>
 *   <li>No set yet: all callers wait for the one fetch. After a failure the next try comes as much
 *       later as the failed one took, but at least {@link #FIRST_RETRY} and at most {@link
 *       #FIRST_RETRY_AT_MOST}; until then no key is known.
 *   <li>A set older than {@link #REFRESH_AGE} is fetched anew while callers continue with it.
 *   <li>A set older than {@link #LIFETIME}, because nobody asked in time: callers wait for a new
 *       one. If the last fetch failed, they do not wait: known keys continue to work, and the fetch
 *       is tried again every {@link #RETRY}.
 *   <li>A {@code kid} that is not in the set, or whose key did not verify a signature: one caller
 *       fetches the set anew, once in {@link #REFETCH_INTERVAL}. The others get the set as it is
 *       known.
 * </ul>
 *
 * <p>Ages and pauses are measured by a monotonic clock, because the time of day may be corrected by
 * any amount.
 *
 * <p>Nimbus' {@code JWKSourceBuilder} is not used, because it differs in three points: callers with
 * an unknown {@code kid} queue behind the one that fetches; its rate limit lets two fetches through
 * in an interval, and counts the first fetch and refreshes too; and every caller repeats a fetch
 * that failed.
 *
 * @param <K> a key that is ready for use
 */
public final class CachedKeys<K> {
  /** The longest time that a fetch may take, from the request to the last byte. */
  public static final Duration FETCH_TIMEOUT = Duration.ofSeconds(10);

  /** The largest accepted answer, in bytes. */
  public static final int FETCH_BYTES = 1 << 20;

  /** The time for which a key set is used. */
  static final Duration LIFETIME = Duration.ofHours(1);

  /** A set of this age is refreshed in the background. */
  static final Duration REFRESH_AGE = Duration.ofMinutes(50);

  /** The pause between two tries to refresh a set while its issuer is down. */
  static final Duration RETRY = Duration.ofSeconds(30);

  /** The shortest pause between two tries to get the first set. */
  static final Duration FIRST_RETRY = Duration.ofSeconds(1);

  /** The longest pause between two tries to get the first set. */
  static final Duration FIRST_RETRY_AT_MOST = Duration.ofSeconds(5);

  /** The pause between two fetches for an unknown or replaced key. */
  static final Duration REFETCH_INTERVAL = Duration.ofSeconds(30);

  /** The longest time that a caller waits; a fetch ends by itself before that. */
  public static final Duration MAX_WAIT = FETCH_TIMEOUT.plusSeconds(2);

  private static final System.Logger LOG = System.getLogger(CachedKeys.class.getName());

  private final String issuer;
  private final Supplier<CompletableFuture<Map<String, K>>> fetch;
  private final LongSupplier nanoTime;
  private final Semaphore places;

  private final Object lock = new Object();
  // The fields below are read and written under the lock, which nobody holds while waiting.
  private @Nullable Map<String, K> keys;
  private long startedAt;
  private long fetchedAt;
  private @Nullable Long failedAt;
  private @Nullable Long refetchedAt;
  private @Nullable CompletableFuture<Void> fetching;

  /** The bound on callers that wait for a fetch is reached, so this one is refused. */
  public static final class Busy extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Busy() {
      super("too many wait for a key set", null, false, false);
    }
  }

  /**
   * Any number of callers may wait.
   *
   * @param issuer as for the other constructor
   * @param fetch as for the other constructor
   * @param nanoTime as for the other constructor
   */
  public CachedKeys(
      String issuer, Supplier<CompletableFuture<Map<String, K>>> fetch, LongSupplier nanoTime) {
    this(issuer, fetch, nanoTime, Integer.MAX_VALUE);
  }

  /**
   * @param issuer the owner of the keys, for the log
   * @param fetch starts a fetch of the keys by their {@code kid}; its future is complete within
   *     {@link #FETCH_TIMEOUT}
   * @param nanoTime the clock, as {@link System#nanoTime}
   * @param waiting the most callers that wait for a fetch at a time
   */
  public CachedKeys(
      String issuer,
      Supplier<CompletableFuture<Map<String, K>>> fetch,
      LongSupplier nanoTime,
      int waiting) {
    this.issuer = issuer;
    this.fetch = fetch;
    this.nanoTime = nanoTime;
    this.places = new Semaphore(waiting);
  }

  /**
   * The key of this id. May wait for a fetch, at most {@link #MAX_WAIT}.
   *
   * @return empty if there is no such key as far as is known
   * @throws Busy if it would have to wait, and others already do
   */
  public Optional<K> key(String kid) {
    CompletableFuture<Void> needed;
    synchronized (lock) {
      needed = fetchThatMustComeFirst();
    }
    if (needed != null) {
      await(needed);
      return known(kid);
    }
    Optional<K> known = known(kid);
    return known.isPresent() || !takeRefetch() ? known : refetch(kid, null);
  }

  /**
   * The key of this id, after {@link #key} returned one that did not verify a signature: the issuer
   * may have replaced the key and kept its id. May wait for a fetch, at most {@link #MAX_WAIT}.
   *
   * @param failed the key that did not verify
   * @return empty if no other key is known
   * @throws Busy if it would have to wait, and others already do
   */
  public Optional<K> replacement(String kid, K failed) {
    Optional<K> known = known(kid).filter(key -> key != failed);
    return known.isPresent() || !takeRefetch() ? known : refetch(kid, failed);
  }

  /** The age of the keys; nothing if none were fetched yet. */
  Optional<Duration> age() {
    synchronized (lock) {
      return keys == null
          ? Optional.empty()
          : Optional.of(Duration.ofNanos(nanoTime.getAsLong() - fetchedAt));
    }
  }

  /** Whether the last fetch failed. */
  boolean isFailing() {
    synchronized (lock) {
      return failedAt != null;
    }
  }

  private @Nullable CompletableFuture<Void> fetchThatMustComeFirst() {
    if (keys == null) {
      return fetchUnlessFailedWithin(firstRetry());
    }
    if (isWithin(REFRESH_AGE, fetchedAt)) {
      return null;
    }
    boolean usable = failedAt != null || isWithin(LIFETIME, fetchedAt);
    CompletableFuture<Void> refresh = fetchUnlessFailedWithin(RETRY);
    return usable ? null : refresh;
  }

  /**
   * A fetch that failed at once has cost callers nothing, so it is soon tried again: until then a
   * peer is refused. A fetch that timed out has made callers wait.
   */
  private Duration firstRetry() {
    Duration took = failedAt == null ? Duration.ZERO : Duration.ofNanos(failedAt - startedAt);
    if (took.compareTo(FIRST_RETRY) < 0) {
      return FIRST_RETRY;
    }
    return took.compareTo(FIRST_RETRY_AT_MOST) > 0 ? FIRST_RETRY_AT_MOST : took;
  }

  private @Nullable CompletableFuture<Void> fetchUnlessFailedWithin(Duration pause) {
    if (fetching != null) {
      return fetching;
    }
    return failedAt != null && isWithin(pause, failedAt) ? null : startFetch();
  }

  private boolean isWithin(Duration time, long since) {
    return nanoTime.getAsLong() - since < time.toNanos();
  }

  /** Whether this caller is the one that fetches for an unknown or replaced key. */
  private boolean takeRefetch() {
    synchronized (lock) {
      if (keys == null || (refetchedAt != null && isWithin(REFETCH_INTERVAL, refetchedAt))) {
        return false;
      }
      refetchedAt = nanoTime.getAsLong();
      return true;
    }
  }

  private Optional<K> refetch(String kid, @Nullable K failed) {
    CompletableFuture<Void> underWay;
    synchronized (lock) {
      // A fetch may have ended since the caller looked; another one would be for nothing.
      K fetchedSince = keys == null ? null : keys.get(kid);
      if (fetchedSince != null && fetchedSince != failed) {
        return Optional.of(fetchedSince);
      }
      underWay = fetching;
    }
    if (underWay != null) {
      await(underWay);
      Optional<K> known = known(kid).filter(key -> key != failed);
      if (known.isPresent()) {
        return known;
      }
      // That answer may be older than the key, so ask once more.
    }
    CompletableFuture<Void> own;
    synchronized (lock) {
      own = fetching != null ? fetching : startFetch();
    }
    await(own);
    return known(kid).filter(key -> key != failed);
  }

  private Optional<K> known(String kid) {
    Map<String, K> current;
    synchronized (lock) {
      current = keys;
    }
    return current == null ? Optional.empty() : Optional.ofNullable(current.get(kid));
  }

  /**
   * Starts a fetch; the caller holds the lock. The future completes when the outcome is in place,
   * and never exceptionally.
   */
  private CompletableFuture<Void> startFetch() {
    startedAt = nanoTime.getAsLong();
    CompletableFuture<Void> settled =
        fetch
            .get()
            .handle(
                (fetched, failure) -> {
                  settle(fetched, failure);
                  return null;
                });
    // Settling needs the lock, so only a fetch that ended at once, in this thread, is done here.
    fetching = settled.isDone() ? null : settled;
    return settled;
  }

  private void settle(@Nullable Map<String, K> fetched, @Nullable Throwable failure) {
    boolean changed;
    synchronized (lock) {
      fetching = null;
      boolean wasFailing = failedAt != null;
      if (fetched != null) {
        keys = fetched;
        fetchedAt = nanoTime.getAsLong();
        failedAt = null;
      } else {
        failedAt = nanoTime.getAsLong();
      }
      changed = wasFailing != (failedAt != null);
    }
    if (changed && fetched == null) {
      LOG.log(
          System.Logger.Level.WARNING,
          () -> "Cannot fetch the key set of " + issuer + ": " + reason(failure));
    } else if (changed) {
      LOG.log(System.Logger.Level.INFO, () -> "The key set of " + issuer + " can be fetched again");
    }
  }

  private static @Nullable Throwable reason(@Nullable Throwable failure) {
    return failure instanceof CompletionException wrapper && wrapper.getCause() != null
        ? wrapper.getCause()
        : failure;
  }

  private void await(CompletableFuture<Void> settled) {
    if (settled.isDone()) {
      return;
    }
    if (!places.tryAcquire()) {
      throw new Busy();
    }
    try {
      settled.get(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException late) {
      // The caller goes on with the known keys.
      LOG.log(System.Logger.Level.DEBUG, "A fetch of a key set did not end in time");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      places.release();
    }
  }
}
