package dev.betterbase.sync.space;

import dev.betterbase.sync.cluster.NodeEvent;

/**
 * Says how often {@link MissedNotifications} looks into the database: in each of the next rounds
 * after something has happened to another node, because two looks find a loss. While a node is
 * missing that was there before, it looks more often than usual: the node may be cut off from this
 * one, and still serve its clients. A node that comes takes the place of one that is missing,
 * because a node that is started again has another id. Thread-safe.
 */
final class LookPace {
  /** The number of rounds for one look. */
  private static final int USUAL = 9;

  private static final int WHILE_MISSING = 3;

  /**
   * At the first of these looks, a commit of the other node may still be on its way to the
   * database.
   */
  private static final int LOOKS_AFTER_EVENT = 3;

  private int missing;
  private int rounds;
  private int hurried;

  /** Another node has come or gone, or messages of one were lost. */
  synchronized void changed(NodeEvent event) {
    switch (event) {
      case NodeEvent.Left unused -> missing++;
      case NodeEvent.Joined unused -> missing = Math.max(0, missing - 1);
      case NodeEvent.Missed unused -> {
        // It is still there.
      }
    }
    hurried = LOOKS_AFTER_EVENT;
  }

  /** Whether to look in this round. */
  synchronized boolean isDue() {
    rounds++;
    if (hurried > 0) {
      hurried--;
    } else if (rounds < (missing == 0 ? USUAL : WHILE_MISSING)) {
      return false;
    }
    rounds = 0;
    return true;
  }
}
