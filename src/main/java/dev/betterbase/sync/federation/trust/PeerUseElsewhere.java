package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.cluster.NodeEvent;
import dev.betterbase.sync.settings.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The use of quotas by peers on the other nodes, as those have told it last.
 *
 * <p>Connections and spaces end with their node, so they are forgotten when it is gone, and when
 * messages of it were lost, since these may have told of their end. Amounts of an hour count until
 * that hour is over, also if the node is gone: they were used, and a restart must not give them
 * back.
 */
@ApplicationScoped
public class PeerUseElsewhere {
  /**
   * The most nodes that are counted for one peer, those of the last hour that are gone included.
   */
  private static final int MOST_NODES = 1_000;

  private record Told(PeerQuota.Usage last, long hourEnds) {
    /** The use that counts now. */
    PeerQuota.Usage usage(long now) {
      return now - hourEnds >= 0
          ? new PeerQuota.Usage(last.connections(), last.spaces(), 0, 0, 0)
          : last;
    }

    /** The same without connections and spaces. */
    Told ofTheHour() {
      return new Told(
          new PeerQuota.Usage(0, 0, last.records(), last.bytes(), last.invitations()), hourEnds);
    }
  }

  private final Map<String, Map<UUID, Told>> peers = new ConcurrentHashMap<>();
  private final Predicate<String> trusted;
  private final LongSupplier nanoTime;

  @Inject private Bus bus;
  @Inject private Settings settings;

  /** For the container. */
  public PeerUseElsewhere() {
    this.trusted = host -> settings.federation().trusts(host);
    this.nanoTime = System::nanoTime;
  }

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  PeerUseElsewhere(Bus bus, Predicate<String> trusted, LongSupplier nanoTime) {
    this.bus = bus;
    this.trusted = trusted;
    this.nanoTime = nanoTime;
  }

  /**
   * The use of a peer on all other nodes together.
   *
   * @param peer its domain, without port
   */
  PeerQuota.Usage usage(String peer) {
    Map<UUID, Told> nodes = peers.get(peer);
    if (nodes == null) {
      return PeerQuota.Usage.NONE;
    }
    long now = nanoTime.getAsLong();
    return nodes.values().stream()
        .map(told -> told.usage(now))
        .reduce(PeerQuota.Usage.NONE, PeerQuota.Usage::plus);
  }

  /**
   * Tells the other nodes what a peer uses here. Never waits.
   *
   * @param hourLeft the rest of the hour for which something was counted
   */
  void tell(String peer, PeerQuota.Usage here, Duration hourLeft) {
    if (bus.hasOthers()) {
      bus.publish(
          new BusMessage.PeerUse(
              bus.self(),
              peer,
              here.connections(),
              here.spaces(),
              here.records(),
              here.bytes(),
              here.invitations(),
              hourLeft.toMillis()));
    }
  }

  void told(@Observes BusMessage.PeerUse use) {
    if (!trusted.test(use.peer())) {
      // So that the number of peers stays bounded, whatever another node was configured with.
      return;
    }
    long now = nanoTime.getAsLong();
    Map<UUID, Told> nodes = peers.computeIfAbsent(use.peer(), first -> new ConcurrentHashMap<>());
    nodes.values().removeIf(told -> told.usage(now).equals(PeerQuota.Usage.NONE));
    if (nodes.size() < MOST_NODES || nodes.containsKey(use.node())) {
      long hourEnds = now + TimeUnit.MILLISECONDS.toNanos(use.hourLeftMillis());
      var last =
          new PeerQuota.Usage(
              use.connections(), use.spaces(), use.records(), use.bytes(), use.invitations());
      nodes.put(use.node(), new Told(last, hourEnds));
    }
  }

  void changed(@Observes NodeEvent event) {
    switch (event) {
      case NodeEvent.Joined unused -> {
        // It tells what peers use there.
      }
      case NodeEvent.Left(UUID node) -> keepHourOf(node);
      case NodeEvent.Missed(UUID node) -> keepHourOf(node);
    }
  }

  private void keepHourOf(UUID node) {
    peers.values().forEach(nodes -> nodes.computeIfPresent(node, (id, told) -> told.ofTheHour()));
  }
}
