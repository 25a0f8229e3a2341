package dev.betterbase.sync.ratelimit;

import dev.betterbase.sync.identity.Person;
import dev.betterbase.sync.rate.TokenBuckets;
import dev.betterbase.sync.settings.Limits;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * The limits by person of a server without {@code IDENTITY_HASH_KEY}, which may not count people in
 * the database. They hold in memory, for each node, and are generous: the hourly limit in the long
 * run, and that of many hours at once.
 */
final class UncountedPeople {
  /** A person may do at once what the limit allows in this many hours. */
  static final int HOURS_AT_ONCE = 200;

  private static final double SECONDS_PER_HOUR = 3_600;

  private final Map<LimitedAction, TokenBuckets<Person>> rates = new EnumMap<>(LimitedAction.class);

  /**
   * @param limits the limits in force
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  UncountedPeople(Limits limits, LongSupplier nanoTime) {
    for (LimitedAction action : LimitedAction.values()) {
      int perHour = action.perHour(limits);
      int atOnce = (int) Math.min((long) perHour * HOURS_AT_ONCE, Integer.MAX_VALUE);
      rates.put(action, new TokenBuckets<>(perHour / SECONDS_PER_HOUR, atOnce, nanoTime));
    }
  }

  /** Counts an action; false if it is one too many. */
  boolean permits(LimitedAction action, Person person) {
    return Objects.requireNonNull(rates.get(action)).permits(person);
  }
}
