package dev.betterbase.sync.invitation;

import dev.betterbase.sync.space.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;

/** Deletes expired invitations. */
@ApplicationScoped
public class InvitationPurge implements PeriodicJob {
  private static final int AT_ONCE = 10_000;

  @Inject private InvitationStore store;

  @Override
  public Duration pause() {
    return Duration.ofMinutes(10);
  }

  @Override
  public void round() {
    while (store.purge(AT_ONCE) == AT_ONCE) {
      // There may be more.
    }
  }
}
