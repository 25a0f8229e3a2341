package dev.betterbase.sync.membership;

import dev.betterbase.sync.realtime.AccessEnds;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;

/** Ends subscriptions and streams when the chain that allows them expires. */
@ApplicationScoped
public class CapabilityExpiry implements PeriodicJob {
  @Inject private AccessEnds ends;

  @Override
  public String name() {
    return "capability_expiry";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(1);
  }

  @Override
  public void round() {
    ends.endExpired(Instant.now());
  }
}
