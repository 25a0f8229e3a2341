package dev.betterbase.sync.operation;

import dev.betterbase.sync.storage.PeriodicJob;
import java.time.Duration;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Whether this node does a job that one node has to do. The node that has the job keeps it from
 * round to round, and asks the database for it only every few rounds. Another node gets it some
 * seconds after the round for which the first one does not come.
 */
final class JobLease {
  /** The time beyond its pause for which a job stays with a node that does not come back. */
  private static final Duration SPARE = Duration.ofSeconds(15);

  /** The time beyond its pause for which a job must be held, or it is taken anew. */
  private static final Duration LEAST = Duration.ofSeconds(5);

  private final PeriodicJob job;
  private final JobLeaseStore store;
  private final UUID node;
  private final LongSupplier nanoTime;

  /** The time at which the database has to be asked again who has the job. */
  private long knownUntil;

  private boolean known;
  private boolean held;

  /**
   * @param node the id of this node
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  JobLease(PeriodicJob job, JobLeaseStore store, UUID node, LongSupplier nanoTime) {
    this.job = job;
    this.store = store;
    this.node = node;
    this.nanoTime = nanoTime;
  }

  /**
   * Whether this node is to do a round now.
   *
   * @return false if another node has the job
   * @throws dev.betterbase.sync.storage.StorageException if the database does not answer
   */
  synchronized boolean take() {
    // Read before asking, so that the lease in the database ends later than it is known to here.
    long now = nanoTime.getAsLong();
    if (known && now - knownUntil < 0) {
      return held;
    }
    known = false;
    held = store.take(job.name(), node, job.pause().plus(SPARE));
    known = true;
    knownUntil = now + SPARE.minus(LEAST).toNanos();
    return held;
  }

  /** Lets another node do the job, if this one has it. */
  synchronized void giveBack() {
    if (held) {
      held = false;
      known = false;
      store.giveBack(job.name(), node);
    }
  }
}
