package dev.betterbase.sync.space;

import dev.betterbase.sync.cluster.NodeEvent;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.AccessEnds;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Finds spaces whose subscribers were told of less than the database holds: the push was another
 * node's, or its thread died behind the commit (protocol.md, Order). They get a marker, and pull.
 * It also finds spaces that an administrator has deleted, and ends the subscriptions to them.
 *
 * <p>It looks every nine seconds, every three while another node is missing, and at once if the bus
 * has lost messages.
 */
@ApplicationScoped
public class MissedNotifications implements PeriodicJob {
  private static final Logger LOG = System.getLogger(MissedNotifications.class.getName());

  /** After this time, what the database holds has been told, or was lost. */
  private static final long ON_ITS_WAY_MILLIS = 1_000;

  @Inject private Subscriptions subscriptions;
  @Inject private SpaceStore spaces;
  @Inject private RootKeys rootKeys;
  @Inject private AccessEnds ends;

  @Resource private ManagedScheduledExecutorService scheduler;

  private final LookPace pace = new LookPace();
  private Map<SpaceId, Long> seen = Map.of();

  /** Whether two looks are about to be taken out of turn. */
  private final AtomicBoolean hurrying = new AtomicBoolean();

  void changed(@Observes NodeEvent event) {
    pace.changed(event);
    if (hurrying.compareAndSet(false, true)) {
      later(
          () -> {
            look();
            later(
                () -> {
                  hurrying.set(false);
                  look();
                });
          });
    }
  }

  private void later(Runnable task) {
    ScheduledFuture<?> unused =
        scheduler.schedule(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                // The next round of the job looks again.
                hurrying.set(false);
                LOG.log(Level.WARNING, "looking for missed notifications: {0}", e.getMessage());
              }
            },
            ON_ITS_WAY_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  @Override
  public String name() {
    return "missed_notifications";
  }

  /**
   * Two looks find a loss, well within the 30 s that protocol.md gives, and within 10 s while a
   * node is missing.
   */
  @Override
  public Duration pause() {
    return Duration.ofSeconds(3);
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
  private synchronized void look() {
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
