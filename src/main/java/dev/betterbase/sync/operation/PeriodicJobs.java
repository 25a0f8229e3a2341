package dev.betterbase.sync.operation;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.fault.Fault;
import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.storage.PeriodicJob;
import dev.betterbase.sync.storage.StorageException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Runs the {@link PeriodicJob}s of all features, from deployment to undeployment. A job that one
 * node has to do runs on the node that has its lease (docs/decisions/0019-nodes.md).
 *
 * <p>A server keeps a cancelled task, and with it the whole application, until the task would have
 * been due. So a task is due every few seconds, and does a round once the pause of its job is over.
 */
@ApplicationScoped
public class PeriodicJobs {
  private static final Logger LOG = System.getLogger(PeriodicJobs.class.getName());
  private static final FailureLog FAILURES = new FailureLog(PeriodicJobs.class);

  /** The longest that a cancelled task may keep the application. */
  private static final Duration DUE_WITHIN = Duration.ofSeconds(5);

  /** The time after which this node looks again whether it can have a job that another node has. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

  /** The time that an undeployment waits for the rounds in progress. */
  private static final Duration LAST_ROUNDS = Duration.ofSeconds(10);

  @Inject private MeterRegistry registry;
  @Inject @Any private Instance<PeriodicJob> jobs;
  @Inject private JobLeaseStore leases;
  @Inject private Bus bus;
  @Inject private RecentFaults faults;
  @Resource private ManagedScheduledExecutorService scheduler;

  private final List<ScheduledFuture<?>> running = new ArrayList<>();
  private final List<Turns> turns = new ArrayList<>();

  /** Each round in progress reads; the end writes. */
  private final ReadWriteLock rounds = new ReentrantReadWriteLock();

  private volatile boolean stopped;

  /** Starts the rounds of all jobs. */
  public void start() {
    for (PeriodicJob job : jobs) {
      long due = Math.min(job.pause().toMillis(), DUE_WITHIN.toMillis());
      Turns task = turns(job);
      turns.add(task);
      running.add(scheduler.scheduleWithFixedDelay(task, due, due, TimeUnit.MILLISECONDS));
    }
  }

  private Turns turns(PeriodicJob job) {
    if (!job.isForOneNode()) {
      return new Turns(job);
    }
    Counter skipped =
        Counter.builder("betterbase.jobs.skipped")
            .description("Times that this node left a periodic job to the node that has it")
            .tag("name", job.name())
            .register(registry);
    return new TurnsOnOneNode(
        job, new JobLease(job, leases, bus.self(), System::nanoTime), skipped);
  }

  /** Starts no more rounds, and waits for those in progress. */
  public void stop() {
    stopped = true;
    running.forEach(each -> each.cancel(false));
    running.clear();
    try {
      if (rounds.writeLock().tryLock(LAST_ROUNDS.toMillis(), TimeUnit.MILLISECONDS)) {
        rounds.writeLock().unlock();
      } else {
        LOG.log(Level.WARNING, "a periodic job goes on after {0}", LAST_ROUNDS);
      }
      turns.forEach(Turns::leaveToOthers);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The task of one job. The server never runs it twice at a time. */
  private class Turns implements Runnable {
    private final PeriodicJob job;
    private final long pause;
    private volatile long due;

    Turns(PeriodicJob job) {
      this.job = job;
      this.pause = job.pause().toNanos();
      this.due = System.nanoTime() + pause;
    }

    @Override
    public void run() {
      if (System.nanoTime() - due < 0 || !rounds.readLock().tryLock()) {
        return;
      }
      long next = pause;
      try {
        if (stopped || !isHere()) {
          next = Math.min(pause, LOOK_AGAIN.toNanos());
        } else if (!round(job)) {
          leaveToOthers();
        }
      } finally {
        rounds.readLock().unlock();
        due = System.nanoTime() + next;
      }
    }

    /** Whether this node has to do a round now. Throws nothing. */
    boolean isHere() {
      return true;
    }

    /** Lets another node try. Throws nothing. */
    void leaveToOthers() {}
  }

  /** The task of a job that one node has to do. */
  private final class TurnsOnOneNode extends Turns {
    private final JobLease lease;
    private final Counter skipped;

    TurnsOnOneNode(PeriodicJob job, JobLease lease, Counter skipped) {
      super(job);
      this.lease = lease;
      this.skipped = skipped;
    }

    @Override
    boolean isHere() {
      try {
        boolean isHere = lease.take();
        if (!isHere) {
          skipped.increment();
        }
        return isHere;
      } catch (StorageException e) {
        LOG.log(Level.WARNING, "a periodic job: {0}", e.getMessage());
        return false;
      }
    }

    @Override
    void leaveToOthers() {
      try {
        lease.giveBack();
      } catch (StorageException e) {
        LOG.log(Level.DEBUG, "another node gets the job when the lease is over", e);
      }
    }
  }

  /**
   * Does a round. Catches every failure, because the scheduler would not run a job again after one.
   *
   * @return whether the round is done
   */
  private boolean round(PeriodicJob job) {
    Timer.Sample sample = Timer.start(registry);
    String outcome = "failed";
    try {
      job.round();
      outcome = "done";
      return true;
    } catch (StorageException e) {
      faults.add(Fault.Kind.JOB, job.name(), e);
      LOG.log(Level.WARNING, "a periodic job: {0}", e.getMessage());
    } catch (RuntimeException e) {
      faults.add(Fault.Kind.JOB, job.name(), e);
      if (stopped) {
        // The container has taken its services away while the round was on its way.
        LOG.log(Level.DEBUG, "a periodic job failed while the application stopped", e);
      } else {
        FAILURES.failed("the periodic job " + job.name(), e, null);
      }
    } finally {
      sample.stop(
          Timer.builder("betterbase.jobs")
              .description("Rounds of the periodic jobs on this node")
              .tag("name", job.name())
              .tag("outcome", outcome)
              .register(registry));
    }
    return false;
  }
}
