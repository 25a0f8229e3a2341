package dev.betterbase.sync.cluster;

import dev.betterbase.sync.cluster.grid.Grid;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Grids in memory that see one another, and between which a test can lose or change packets. */
final class TestGrids {
  private final Map<UUID, Grid.Listener> open = new ConcurrentHashMap<>();

  /** What becomes of a packet on the way; null if it is lost. */
  volatile UnaryOperator<byte @Nullable []> way = packet -> packet;

  Grid join(UUID self, Grid.Listener listener) {
    open.forEach(
        (node, other) -> {
          other.joined(self);
          listener.joined(node);
        });
    open.put(self, listener);
    return new Grid() {
      @Override
      public void send(UUID node, byte[] packet) {
        byte[] arrived = way.apply(packet);
        Grid.Listener receiver = open.get(node);
        if (arrived != null && receiver != null) {
          receiver.received(arrived);
        }
      }

      @Override
      public void close() {
        open.remove(self);
        open.values().forEach(each -> each.left(self));
      }
    };
  }

  /** Brings a packet from nowhere to a node. */
  void bring(UUID node, byte[] packet) {
    Objects.requireNonNull(open.get(node)).received(packet);
  }
}
