package dev.betterbase.sync.cluster;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.Secret;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** Nodes on grids in memory, and the events that each has heard. */
final class BusNodes {
  static final Secret SECRET = new Secret("0123456789abcdef0123456789abcdef");
  static final SpaceId SPACE = new SpaceId(new UUID(1, 1));

  final TestGrids grids = new TestGrids();
  private final List<Node> started = new ArrayList<>();

  final class Node {
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final List<Object> events = new CopyOnWriteArrayList<>();
    final ClusterBus bus;

    private Node(Secret secret) {
      bus = new ClusterBus(secret, grids::join, Thread::new, events::add, new BusMetrics(meters));
      bus.start();
      started.add(this);
    }

    List<BusMessage> heard() {
      return events.stream()
          .filter(BusMessage.class::isInstance)
          .map(BusMessage.class::cast)
          .toList();
    }

    List<Long> cursors() {
      return heard().stream().map(each -> ((BusMessage.Moved) each).cursor()).toList();
    }

    void move(long... cursors) {
      for (long cursor : cursors) {
        bus.publish(new BusMessage.Moved(SPACE, cursor));
      }
    }

    double dropped(BusMetrics.Loss why) {
      return meters
          .get("betterbase.cluster.dropped")
          .tag("reason", why.name().toLowerCase(Locale.ROOT))
          .counter()
          .count();
    }
  }

  Node start() {
    return start(SECRET);
  }

  Node start(Secret secret) {
    return new Node(secret);
  }

  void stop() {
    started.forEach(each -> each.bus.stop());
  }
}
