package dev.betterbase.sync.launcher.admin;

import java.time.Duration;

/**
 * The time-outs of the move of a space. A wait that lasts longer ends the move, and the space stays
 * where it is.
 *
 * @param open the longest time of a statement, and between two of them, while the space can be used
 * @param fenced the same while its writers wait; after that they go on in the old database, also if
 *     the command hangs
 * @param lock the longest wait for a lock, which is tried for several times
 * @param readers the longest time of transactions that may still read the rows that are to be
 *     removed
 * @param silence a database that says nothing for this long counts as gone
 */
record MoveLimits(
    Duration open, Duration fenced, Duration lock, Duration readers, Duration silence) {
  /** Those of the command. */
  static final MoveLimits USUAL =
      new MoveLimits(
          Duration.ofHours(6),
          Duration.ofSeconds(30),
          Duration.ofSeconds(2),
          Duration.ofSeconds(60),
          Duration.ofMinutes(15));

  /** {@link #fenced} in whole seconds, at least one. */
  int fencedSeconds() {
    return Math.toIntExact(Math.max(1, fenced.toSeconds()));
  }
}
