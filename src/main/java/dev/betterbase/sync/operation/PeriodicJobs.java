package dev.betterbase.sync.operation;

import dev.betterbase.sync.storage.PeriodicJob;
import dev.betterbase.sync.storage.StorageException;
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
 * Runs the {@link PeriodicJob}s of all features, from deployment to undeployment.
 *
 * <p>A server keeps a cancelled task, and with it the whole application, until the task would have
 * been due. So a task is due every few seconds, and does a round once the pause of its job is over.
 */
@ApplicationScoped
public class PeriodicJobs {
  private static final Logger LOG = System.getLogger(PeriodicJobs.class.getName());

  /** The longest that a cancelled task may keep the application. */
  private static final Duration DUE_WITHIN = Duration.ofSeconds(5);

  /** How long an undeployment waits for the rounds in progress. */
  private static final Duration LAST_ROUNDS = Duration.ofSeconds(10);

  @Inject private MeterRegistry registry;
  @Inject @Any private Instance<PeriodicJob> jobs;
  @Resource private ManagedScheduledExecutorService scheduler;

  private final List<ScheduledFuture<?>> running = new ArrayList<>();

  /** Each round in progress reads; the end writes. */
  private final ReadWriteLock rounds = new ReentrantReadWriteLock();

  private volatile boolean stopped;

  /** Starts the rounds of all jobs. */
  public void start() {
    for (PeriodicJob job : jobs) {
      long due = Math.min(job.pause().toMillis(), DUE_WITHIN.toMillis());
      running.add(
          scheduler.scheduleWithFixedDelay(new Turns(job), due, due, TimeUnit.MILLISECONDS));
    }
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
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The task of one job. The server never runs it twice at a time. */
  private final class Turns implements Runnable {
    private final PeriodicJob job;
    private final long pause;
    private volatile long lastEnd = System.nanoTime();

    Turns(PeriodicJob job) {
      this.job = job;
      this.pause = job.pause().toNanos();
    }

    @Override
    public void run() {
      if (System.nanoTime() - lastEnd < pause || !rounds.readLock().tryLock()) {
        return;
      }
      try {
        if (!stopped) {
          round(job);
        }
      } finally {
        rounds.readLock().unlock();
        lastEnd = System.nanoTime();
      }
    }
  }

  /** Catches every failure, because the scheduler would not run a job again after one. */
  private void round(PeriodicJob job) {
    Timer.Sample sample = Timer.start(registry);
    String outcome = "failed";
    try {
      job.round();
      outcome = "done";
    } catch (StorageException e) {
      LOG.log(Level.WARNING, "a periodic job: {0}", e.getMessage());
    } catch (RuntimeException e) {
      // A round that was on its way while the application stopped has lost the container's
      // services.
      LOG.log(stopped ? Level.DEBUG : Level.ERROR, "a periodic job failed", e);
    } finally {
      sample.stop(
          Timer.builder("betterbase.jobs")
              .description("Rounds of the periodic jobs")
              .tag("job", job.name())
              .tag("outcome", outcome)
              .register(registry));
    }
  }
}
