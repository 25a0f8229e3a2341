package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.AccessEnds;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Finds spaces whose subscribers were told of less than the database holds: the push was another
 * node's, or its thread died behind the commit (protocol.md, Order). They get a marker, and pull.
 * It also finds spaces that an administrator has deleted, and ends the subscriptions to them.
 */
@ApplicationScoped
public class MissedNotifications implements PeriodicJob {
  @Inject private Subscriptions subscriptions;
  @Inject private SpaceStore spaces;
  @Inject private RootKeys rootKeys;
  @Inject private AccessEnds ends;

  private Map<SpaceId, Long> seen = Map.of();

  /** Two rounds find a loss, well within the 30 s that protocol.md gives. */
  @Override
  public String name() {
    return "missed_notifications";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(10);
  }

  /**
   * A cursor that the last round saw in the database must have been told by now; one that only this
   * round sees may still be on its way.
   */
  @Override
  public void round() {
    Map<SpaceId, Long> told = subscriptions.told();
    told.forEach(
        (space, cursor) -> {
          Long present = seen.get(space);
          if (present != null && present > cursor) {
            subscriptions.catchUp(space, present);
          }
        });
    Map<SpaceId, Long> now =
        told.isEmpty() ? Map.of() : new HashMap<>(spaces.cursors(told.keySet()));
    for (SpaceId space : told.keySet()) {
      // A space with subscribers existed when they subscribed.
      if (!now.containsKey(space)) {
        rootKeys.forget(space);
        ends.deleted(space);
      }
    }
    seen = now;
  }
}
