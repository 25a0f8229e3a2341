package dev.betterbase.sync.space;

import dev.betterbase.sync.cluster.NodeEvent;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.AccessEnds;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;

/**
 * Finds spaces whose subscribers were told of less than the database holds: the push was another
 * node's, or its thread died behind the commit (protocol.md, Order). They get a marker, and pull.
 * It also finds spaces that an administrator has deleted, and ends the subscriptions to them.
 *
 * <p>It looks every nine seconds, every three while another node is missing, and every second just
 * after the bus has lost messages.
 */
@ApplicationScoped
public class MissedNotifications implements PeriodicJob {
  @Inject private Subscriptions subscriptions;
  @Inject private SpaceStore spaces;
  @Inject private RootKeys rootKeys;
  @Inject private AccessEnds ends;

  private final LookPace pace = new LookPace();
  private Map<SpaceId, Long> seen = Map.of();

  void changed(@Observes NodeEvent event) {
    pace.changed(event);
  }

  @Override
  public String name() {
    return "missed_notifications";
  }

  /**
   * The shortest time between two looks: after a second, a change in the database has been told to
   * subscribers, or its notification was lost. Two looks find a loss, well within the 30 s that
   * protocol.md gives, within 10 s while a node is missing, and within three after the bus has lost
   * messages.
   */
  @Override
  public Duration pause() {
    return Duration.ofSeconds(1);
  }

  @Override
  public void round() {
    if (pace.isDue()) {
      look();
    }
  }

  /**
   * A cursor that the last look saw in the database must have been told by now; one that only this
   * look sees may still be on its way.
   */
  private void look() {
    Map<SpaceId, Long> told = subscriptions.told();
    told.forEach(
        (space, cursor) -> {
          Long present = seen.get(space);
          if (present != null && present > cursor) {
            subscriptions.catchUp(space, present);
          }
        });
    SpaceStore.Many<Long> read =
        told.isEmpty() ? SpaceStore.Many.none() : spaces.cursors(told.keySet());
    Map<SpaceId, Long> now = read.found();
    for (SpaceId space : told.keySet()) {
      // A space with subscribers existed when they subscribed.
      if (!now.containsKey(space) && !read.away().contains(space)) {
        rootKeys.forget(space);
        ends.deleted(space);
      }
    }
    seen = now;
  }
}
