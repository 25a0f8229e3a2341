package dev.betterbase.sync.cluster;

import dev.betterbase.sync.cluster.grid.Grid;
import dev.betterbase.sync.cluster.grid.HazelcastGrid;
import dev.betterbase.sync.settings.ClusterSettings;
import dev.betterbase.sync.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ContextService;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/** Gives the application its bus: over Hazelcast if CLUSTER is set, else none. */
@ApplicationScoped
public class BusProducer {
  @Inject private Settings settings;
  @Inject private MeterRegistry meters;
  @Inject private Event<Object> events;
  @Resource private ManagedThreadFactory threads;
  @Resource private ContextService contexts;

  /** Makes the bus, which is not started yet. */
  @Produces
  @ApplicationScoped
  public Bus bus() {
    var metrics = new BusMetrics(meters);
    if (settings.cluster().isEmpty()) {
      BusMetrics.showNodes(meters, () -> 1);
      return new LocalBus();
    }
    ClusterSettings cluster = settings.cluster().get();
    Executor application = contexts.currentContextExecutor();
    ThreadFactory within = task -> threads.newThread(() -> application.execute(task));
    var bus =
        new ClusterBus(
            cluster.secret(),
            (self, listener) -> open(cluster, self, listener),
            within,
            events::fire,
            metrics);
    BusMetrics.showNodes(meters, () -> bus.others().size() + 1);
    return bus;
  }

  private static Grid open(ClusterSettings cluster, UUID self, Grid.Listener listener) {
    try {
      return HazelcastGrid.open(cluster, self, listener);
    } catch (NoClassDefFoundError e) {
      throw ClusterSettings.noHazelcast();
    }
  }
}
