package dev.betterbase.sync.identity;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The key set of one issuer or peer, fetched when it is needed and kept (auth.md, JWKS). One fetch
 * is under way at a time.
 *
 * <ul>
 *   <li>No set yet: all callers wait for the one fetch. One that failed is not tried again for
 *       {@link #FIRST_RETRY}; until then no key is known.
 *   <li>A set older than {@link #REFRESH_AGE} is fetched anew while callers go on with it.
 *   <li>A set older than {@link #LIFETIME}, because nobody asked in time: callers wait for a new
 *       one. Where the last fetch failed they do not: known keys go on working, and the fetch is
 *       tried again every {@link #RETRY}.
 *   <li>A {@code kid} that is not in the set: one caller fetches the set anew, once in {@link
 *       #REFETCH_INTERVAL}; the others are told at once that there is no such key.
 * </ul>
 *
 * <p>Hand-written, since Nimbus' {@code JWKSourceBuilder} does otherwise in three of these: callers
 * with an unknown {@code kid} queue behind the one that fetches, its rate limit lets two fetches
 * through in an interval and counts the first and the refreshing ones too, and a fetch that failed
 * is tried again by every caller.
 *
 * @param <K> a key that is ready for use
 */
public final class CachedKeys<K> {
  /** The longest that a fetch may take, from asking to the last byte. */
  public static final Duration FETCH_TIMEOUT = Duration.ofSeconds(10);

  /** The largest answer that is taken, in bytes. */
  public static final int FETCH_BYTES = 1 << 20;

  /** How long a set is in use. */
  static final Duration LIFETIME = Duration.ofHours(1);

  /** From this age on a set is refreshed in the background. */
  static final Duration REFRESH_AGE = Duration.ofMinutes(50);

  /** Between two tries to refresh a set while its issuer is down. */
  static final Duration RETRY = Duration.ofSeconds(30);

  /** Between two tries to get the first set. */
  static final Duration FIRST_RETRY = Duration.ofSeconds(5);

  /** Between two fetches for an unknown {@code kid}. */
  static final Duration REFETCH_INTERVAL = Duration.ofSeconds(30);

  /** The longest that a caller waits: a fetch ends by itself before that. */
  public static final Duration MAX_WAIT = FETCH_TIMEOUT.plusSeconds(2);

  private static final System.Logger LOG = System.getLogger(CachedKeys.class.getName());

  private final String issuer;
  private final Supplier<CompletableFuture<Map<String, K>>> fetch;
  private final InstantSource clock;

  private final Object lock = new Object();
  // All of these are read and written under the lock, which nobody holds while waiting.
  private @Nullable Map<String, K> keys;
  private Instant fetchedAt = Instant.EPOCH;
  private @Nullable Instant failedAt;
  private @Nullable Instant refetchedAt;
  private @Nullable CompletableFuture<Void> fetching;

  /**
   * @param issuer whose they are, for the log
   * @param fetch starts a fetch of the keys by their {@code kid}; its future is complete within
   *     {@link #FETCH_TIMEOUT}
   */
  public CachedKeys(
      String issuer, Supplier<CompletableFuture<Map<String, K>>> fetch, InstantSource clock) {
    this.issuer = issuer;
    this.fetch = fetch;
    this.clock = clock;
  }

  /**
   * The key of this id. May wait for a fetch, at most {@link #MAX_WAIT}.
   *
   * @return empty where there is no such key as far as is known
   */
  public Optional<K> key(String kid) {
    CompletableFuture<Void> needed;
    synchronized (lock) {
      needed = fetchThatMustComeFirst(clock.instant());
    }
    if (needed != null) {
      await(needed);
      return known(kid);
    }
    Optional<K> known = known(kid);
    return known.isPresent() || !takeRefetch() ? known : refetch(kid);
  }

  private @Nullable CompletableFuture<Void> fetchThatMustComeFirst(Instant now) {
    if (keys == null) {
      return fetchUnlessFailedWithin(FIRST_RETRY, now);
    }
    Duration age = Duration.between(fetchedAt, now);
    if (age.compareTo(REFRESH_AGE) < 0) {
      return null;
    }
    boolean failing = failedAt != null;
    CompletableFuture<Void> refresh = fetchUnlessFailedWithin(RETRY, now);
    return age.compareTo(LIFETIME) >= 0 && !failing ? refresh : null;
  }

  private @Nullable CompletableFuture<Void> fetchUnlessFailedWithin(Duration pause, Instant now) {
    if (fetching != null) {
      return fetching;
    }
    return failedAt != null && now.isBefore(failedAt.plus(pause)) ? null : startFetch();
  }

  /** Whether this caller is the one that fetches for an unknown {@code kid}. */
  private boolean takeRefetch() {
    synchronized (lock) {
      Instant now = clock.instant();
      if (keys == null
          || (refetchedAt != null && now.isBefore(refetchedAt.plus(REFETCH_INTERVAL)))) {
        return false;
      }
      refetchedAt = now;
      return true;
    }
  }

  private Optional<K> refetch(String kid) {
    CompletableFuture<Void> underWay;
    synchronized (lock) {
      // A fetch may have ended since the caller looked: another one would be for nothing.
      K fetchedSince = keys == null ? null : keys.get(kid);
      if (fetchedSince != null) {
        return Optional.of(fetchedSince);
      }
      underWay = fetching;
    }
    if (underWay != null) {
      await(underWay);
      Optional<K> known = known(kid);
      if (known.isPresent()) {
        return known;
      }
      // That answer may be older than the key: ask once more.
    }
    CompletableFuture<Void> own;
    synchronized (lock) {
      own = fetching != null ? fetching : startFetch();
    }
    await(own);
    return known(kid);
  }

  private Optional<K> known(String kid) {
    Map<String, K> current;
    synchronized (lock) {
      current = keys;
    }
    return current == null ? Optional.empty() : Optional.ofNullable(current.get(kid));
  }

  /** Under the lock. The future completes when the outcome is in place, and never exceptionally. */
  private CompletableFuture<Void> startFetch() {
    CompletableFuture<Void> settled =
        fetch
            .get()
            .handle(
                (fetched, failure) -> {
                  settle(fetched, failure);
                  return null;
                });
    // Settling needs the lock, so only a fetch that ended at once, in this thread, is settled here.
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
        fetchedAt = clock.instant();
        failedAt = null;
      } else {
        failedAt = clock.instant();
      }
      changed = wasFailing != (failedAt != null);
    }
    if (changed && fetched == null) {
      LOG.log(
          System.Logger.Level.WARNING,
          () -> "Cannot fetch the key set of " + issuer + ": " + failure);
    } else if (changed) {
      LOG.log(System.Logger.Level.INFO, () -> "The key set of " + issuer + " is there again");
    }
  }

  private static void await(CompletableFuture<Void> settled) {
    try {
      settled.get(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException late) {
      // The caller goes on with what is known.
      LOG.log(System.Logger.Level.DEBUG, "A fetch of a key set did not end in time");
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
