package dev.betterbase.sync.presence;

import dev.betterbase.sync.realtime.Presences;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;

/** Ends presences that were not renewed. */
@ApplicationScoped
public class PresenceSweep implements PeriodicJob {
  private static final Duration RENEWED_WITHIN = Duration.ofSeconds(45);

  @Inject private Presences presences;

  @Override
  public String name() {
    return "presence_sweep";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(15);
  }

  @Override
  public void round() {
    presences.clearOlderThan(RENEWED_WITHIN);
  }
}
