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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Runs the {@link PeriodicJob}s of all features, from deployment to undeployment. */
@ApplicationScoped
public class PeriodicJobs {
  private static final Logger LOG = System.getLogger(PeriodicJobs.class.getName());

  @Inject private MeterRegistry registry;
  @Inject @Any private Instance<PeriodicJob> jobs;
  @Resource private ManagedScheduledExecutorService scheduler;

  private final List<ScheduledFuture<?>> running = new ArrayList<>();
  private volatile boolean stopped;

  /** Starts the rounds of all jobs. */
  public void start() {
    for (PeriodicJob job : jobs) {
      long pause = job.pause().toMillis();
      running.add(
          scheduler.scheduleWithFixedDelay(() -> round(job), pause, pause, TimeUnit.MILLISECONDS));
    }
  }

  /** Starts no more rounds. */
  public void stop() {
    stopped = true;
    running.forEach(each -> each.cancel(false));
    running.clear();
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
