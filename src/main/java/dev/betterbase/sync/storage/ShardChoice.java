package dev.betterbase.sync.storage;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.List;
import java.util.UUID;

/**
 * Chooses the database of a new space by weighted rendezvous hashing: each database draws a lot for
 * the space, and the greatest wins. So all nodes choose the same, and a database that is added
 * takes its share from all others alike.
 */
final class ShardChoice {
  private ShardChoice() {}

  /**
   * The number of the chosen database, from 1.
   *
   * @param weights of the databases, not all 0. One of weight 0 is never chosen
   */
  static int of(SpaceId space, List<Integer> weights) {
    int chosen = 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < weights.size(); i++) {
      // With this score, the share of a database is its weight in proportion to all weights.
      double score = weights.get(i) / -Math.log(lot(space.value(), i + 1));
      if (weights.get(i) > 0 && score > highest) {
        highest = score;
        chosen = i + 1;
      }
    }
    if (chosen == 0) {
      throw new IllegalArgumentException("no database takes new spaces");
    }
    return chosen;
  }

  /** A number between 0 and 1, both excluded, that looks random. */
  private static double lot(UUID space, int number) {
    long bits = mixed(space.getMostSignificantBits() + 0x9E3779B97F4A7C15L * number);
    bits = mixed(bits ^ space.getLeastSignificantBits());
    return ((bits >>> 11) + 0.5) / (1L << 53);
  }

  /** The finalizer of SplitMix64. */
  private static long mixed(long value) {
    long bits = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ (bits >>> 27)) * 0x94D049BB133111EBL;
    return bits ^ (bits >>> 31);
  }
}
