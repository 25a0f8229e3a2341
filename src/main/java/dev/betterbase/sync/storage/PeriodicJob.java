package dev.betterbase.sync.storage;

import java.time.Duration;

/**
 * A job that a feature does again and again in the background: an application-scoped bean that is
 * found by its type, and run as long as the application is deployed.
 */
public interface PeriodicJob {
  /** The name of the job in metrics, such as {@code file_removals}. */
  String name();

  /** The pause between the end of one round and the beginning of the next. */
  Duration pause();

  /**
   * Whether it is enough that one node does the job, because all its work is in the database or in
   * the storage of files. Then the others leave it to that node. If that node dies, or is cut off
   * from the database while it works, another one takes over, so two nodes may be doing the job for
   * a while; this must do no harm.
   */
  default boolean isForOneNode() {
    return false;
  }

  /**
   * Does one round. Never run twice at a time. An exception is logged, and the next round comes.
   */
  void round();
}
