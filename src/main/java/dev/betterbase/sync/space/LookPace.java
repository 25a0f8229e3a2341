package dev.betterbase.sync.space;

import dev.betterbase.sync.cluster.NodeEvent;

/**
 * How often {@link MissedNotifications} looks into the database. While a node is missing that was
 * there before, it looks in each round: the node may be cut off from this one, and still serve its
 * clients. Otherwise one round of three is enough. A node that comes takes the place of one that is
 * missing, because a node that is started again has another id. Thread-safe.
 */
final class LookPace {
  private static final int USUAL = 3;

  private int missing;
  private int rounds;

  /** Another node has come or gone. */
  synchronized void changed(NodeEvent event) {
    switch (event) {
      case NodeEvent.Left unused -> missing++;
      case NodeEvent.Joined unused -> missing = Math.max(0, missing - 1);
      case NodeEvent.Missed unused -> {
        // It is still there.
      }
    }
  }

  /** Whether to look in this round. */
  synchronized boolean isDue() {
    rounds++;
    if (missing == 0 && rounds < USUAL) {
      return false;
    }
    rounds = 0;
    return true;
  }
}
