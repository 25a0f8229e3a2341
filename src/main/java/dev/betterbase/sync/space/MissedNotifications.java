package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Subscriptions;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds spaces whose subscribers were told of less than the database holds: the push was another
 * node's, or its thread died behind the commit (protocol.md, Order). They get a marker, and pull.
 */
@ApplicationScoped
public class MissedNotifications {

  private static final Logger LOG = System.getLogger(MissedNotifications.class.getName());

  /** Two rounds find a loss, well within the 30 s that protocol.md gives. */
  private static final long ROUND_SECONDS = 10;

  @Inject private Subscriptions subscriptions;
  @Inject private SpaceStore spaces;
  @Resource private ManagedScheduledExecutorService scheduler;

  private @Nullable ScheduledFuture<?> rounds;
  private Map<SpaceId, Long> seen = Map.of();

  /** Begins the rounds. */
  public void start() {
    rounds =
        scheduler.scheduleWithFixedDelay(
            this::round, ROUND_SECONDS, ROUND_SECONDS, TimeUnit.SECONDS);
  }

  /** Ends the rounds. */
  public void stop() {
    if (rounds != null) {
      rounds.cancel(false);
    }
  }

  private void round() {
    try {
      compare();
    } catch (RuntimeException e) {
      // Without the database nothing is pushed either; the next round sees it again.
      LOG.log(Level.WARNING, "looking for missed notifications: {0}", e.getMessage());
    }
  }

  /**
   * A cursor that the last round saw in the database must have been told by now; one that only this
   * round sees may still be on its way.
   */
  private void compare() {
    Map<SpaceId, Long> told = subscriptions.told();
    told.forEach(
        (space, cursor) -> {
          Long present = seen.get(space);
          if (present != null && present > cursor) {
            subscriptions.catchUp(space, present);
          }
        });
    seen = told.isEmpty() ? Map.of() : new HashMap<>(spaces.cursors(told.keySet()));
  }
}
