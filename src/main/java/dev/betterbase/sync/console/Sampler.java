package dev.betterbase.sync.console;

import dev.betterbase.sync.storage.PeriodicJob;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;

/** Samples the meters for the history, if there is an admin page. */
@ApplicationScoped
public class Sampler implements PeriodicJob {
  @Inject private MeterRegistry registry;
  @Inject private Admission admission;

  private final History history = new History();

  @Override
  public String name() {
    return "admin_history";
  }

  @Override
  public Duration pause() {
    return History.STEP;
  }

  @Override
  public void round() {
    if (admission.isOn()) {
      history.add(Reading.of(new Meters(registry)));
    }
  }

  /** The samples so far. */
  History history() {
    return history;
  }
}
