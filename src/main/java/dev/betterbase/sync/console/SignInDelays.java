package dev.betterbase.sync.console;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.betterbase.sync.address.ClientAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The time that an address has to wait after a wrong admin token: 1 s after the first, twice as
 * long after each further one, at most 30 s. No thread waits for it: an earlier attempt is refused.
 * A number of addresses is remembered, each for an hour after its last attempt. Any thread may
 * call.
 */
final class SignInDelays {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration REMEMBERED = Duration.ofHours(1);

  /** Of about 150 bytes each. */
  private static final int ADDRESSES = 10_000;

  private final LongSupplier nanoTime;
  private final Cache<ClientAddress, Attempts> attempts;

  /**
   * The attempts of one address that were not found right.
   *
   * @param delay the time that the address has to wait since the last one
   * @param last the time of the last one
   */
  private record Attempts(Duration delay, long last) {
    Duration left(long now) {
      return delay.minusNanos(now - last);
    }
  }

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  SignInDelays(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.attempts =
        Caffeine.newBuilder()
            .maximumSize(ADDRESSES)
            .expireAfterWrite(REMEMBERED)
            .ticker(nanoTime::getAsLong)
            // Upkeep must not outlive the application in a pool of the JVM.
            .executor(Runnable::run)
            .build();
  }

  /**
   * Admits an attempt, which counts as wrong until {@link #wasRight}. So attempts that come at the
   * same time are no way around the delay.
   *
   * @return the time that the address still has to wait; empty if the attempt is admitted
   */
  Optional<Duration> attempt(ClientAddress from) {
    long now = nanoTime.getAsLong();
    var early = new Duration[1];
    attempts
        .asMap()
        .compute(
            from,
            (address, before) -> {
              if (before == null) {
                return new Attempts(FIRST, now);
              }
              Duration left = before.left(now);
              if (left.isPositive()) {
                early[0] = left;
                return before;
              }
              Duration longer = before.delay().multipliedBy(2);
              return new Attempts(longer.compareTo(LONGEST) > 0 ? LONGEST : longer, now);
            });
    return Optional.ofNullable(early[0]);
  }

  /** The admitted attempt was right. */
  void wasRight(ClientAddress from) {
    attempts.invalidate(from);
  }
}
