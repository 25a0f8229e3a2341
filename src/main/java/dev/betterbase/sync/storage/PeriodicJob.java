package dev.betterbase.sync.storage;

import java.time.Duration;

/**
 * What a feature has to do again and again on every node, in the background: an application-scoped
 * bean that is found by its type, and run as long as the application is deployed.
 */
public interface PeriodicJob {
  /** What the job is called in metrics, such as {@code file_removals}. */
  String name();

  /** The pause between the end of one round and the beginning of the next. */
  Duration pause();

  /**
   * Does one round. Never run twice at a time; what it throws is logged, and the next round comes.
   */
  void round();
}
