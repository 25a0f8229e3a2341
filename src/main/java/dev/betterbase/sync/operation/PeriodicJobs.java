package dev.betterbase.sync.operation;

import dev.betterbase.sync.storage.PeriodicJob;
import dev.betterbase.sync.storage.StorageException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs the {@link PeriodicJob}s of all features, from deployment to undeployment.
 *
 * <p>The scheduler is not the server's: that keeps a cancelled round, and with it the whole
 * application, until the pause of the job is over.
 */
@ApplicationScoped
public class PeriodicJobs {
  private static final Logger LOG = System.getLogger(PeriodicJobs.class.getName());

  /** How long an undeployment waits for the rounds in progress. */
  private static final Duration LAST_ROUNDS = Duration.ofSeconds(10);

  @Inject private MeterRegistry registry;
  @Inject @Any private Instance<PeriodicJob> jobs;
  @Resource private ManagedThreadFactory threads;

  private @Nullable ScheduledThreadPoolExecutor scheduler;
  private volatile boolean stopped;

  /** Starts the rounds of all jobs. No job waits for a thread while another has one. */
  public void start() {
    List<PeriodicJob> all = jobs.stream().toList();
    var rounds = new ScheduledThreadPoolExecutor(all.size(), threads);
    for (PeriodicJob job : all) {
      long pause = job.pause().toMillis();
      ScheduledFuture<?> unused =
          rounds.scheduleWithFixedDelay(() -> round(job), pause, pause, TimeUnit.MILLISECONDS);
    }
    scheduler = rounds;
  }

  /** Starts no more rounds, and waits for those in progress. */
  public void stop() {
    stopped = true;
    ScheduledThreadPoolExecutor rounds = scheduler;
    if (rounds == null) {
      return;
    }
    rounds.shutdown();
    try {
      if (!rounds.awaitTermination(LAST_ROUNDS.toMillis(), TimeUnit.MILLISECONDS)) {
        rounds.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      rounds.shutdownNow();
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
