package dev.betterbase.sync.cluster;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/** The meters of the bus. They stay at 0 where CLUSTER is not set. */
final class BusMetrics {
  /** The reasons for dropping a message or a packet. */
  enum Loss {
    /** Too much waits to be sent. */
    QUEUE_FULL,
    /** One node does not confirm what it was sent. It is skipped. */
    NODE_BEHIND,
    /** The grid could not send it. */
    NOT_SENT,
    /** Too much waits to be read here. */
    INBOX_FULL,
    TOO_LARGE,
    MALFORMED,
    VERSION,
    /** Of a kind that this release does not know. */
    UNKNOWN_KIND,
    /** Not from a node that this node sees. */
    STRANGER,
    /** Not sealed under this CLUSTER_SECRET. */
    FORGED,
    /** Sent more than five minutes ago, or the clocks differ by that much. */
    STALE,
    REPLAYED,
    /** Sent by another node, and did not arrive. */
    MISSED
  }

  private final Map<BusMessage.Kind, Counter> sent;
  private final Map<BusMessage.Kind, Counter> received;
  private final Map<Loss, Counter> lost = new EnumMap<>(Loss.class);

  BusMetrics(MeterRegistry registry) {
    sent = messages(registry, "sent");
    received = messages(registry, "received");
    for (Loss loss : Loss.values()) {
      lost.put(
          loss,
          Counter.builder("betterbase.cluster.dropped")
              .description("Messages and packets of the bus that were dropped or lost")
              .tag("reason", label(loss))
              .register(registry));
    }
  }

  private static Map<BusMessage.Kind, Counter> messages(MeterRegistry registry, String direction) {
    var counters = new EnumMap<BusMessage.Kind, Counter>(BusMessage.Kind.class);
    for (BusMessage.Kind kind : BusMessage.Kind.values()) {
      counters.put(
          kind,
          Counter.builder("betterbase.cluster.messages")
              .description("Messages between nodes; each sent one goes to all other nodes")
              .tag("direction", direction)
              .tag("kind", label(kind))
              .register(registry));
    }
    return counters;
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  static void showNodes(MeterRegistry registry, Supplier<Number> nodes) {
    Gauge.builder("betterbase.cluster.nodes", nodes)
        .description("Nodes of this service that this node sees, itself among them")
        .register(registry);
  }

  void sent(BusMessage.Kind kind) {
    Objects.requireNonNull(sent.get(kind)).increment();
  }

  void received(BusMessage.Kind kind) {
    Objects.requireNonNull(received.get(kind)).increment();
  }

  void lost(Loss why) {
    lost(why, 1);
  }

  void lost(Loss why, long number) {
    Objects.requireNonNull(lost.get(why)).increment((double) number);
  }
}
