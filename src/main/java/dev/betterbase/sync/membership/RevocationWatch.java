package dev.betterbase.sync.membership;

import dev.betterbase.sync.membership.RevocationStore.Revocation;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.AccessEnds;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Set;

/**
 * Finds revocations made on other nodes, and ends the subscriptions and streams here that rely on
 * them. Every call asks the database itself; this is for connections that only listen.
 */
@ApplicationScoped
public class RevocationWatch implements PeriodicJob {
  /**
   * A revocation carries the time at which its transaction began, but is visible only after its
   * commit. Also, the clock of the database may be set, or another machine may take over from it.
   * To see a revocation again does no harm.
   */
  private static final Duration OVERLAP = Duration.ofHours(1);

  @Inject private RevocationStore store;
  @Inject private AccessEnds ends;

  private long lookedAt = System.nanoTime();

  @Override
  public String name() {
    return "revocation_watch";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(5);
  }

  @Override
  public void round() {
    long now = System.nanoTime();
    Set<SpaceId> spaces = ends.sharedSpaces();
    if (!spaces.isEmpty()) {
      Duration age = Duration.ofNanos(now - lookedAt).plus(OVERLAP);
      RevocationStore.Recent recent = store.recent(spaces, age);
      for (Revocation each : recent.revocations()) {
        ends.revokedElsewhere(each.space(), each.cid());
      }
      if (!recent.complete()) {
        return;
      }
    }
    // Set after reading everything: if reading fails, the next round looks back as far.
    lookedAt = now;
  }
}
