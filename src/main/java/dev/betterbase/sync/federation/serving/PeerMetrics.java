package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.PeerQuota;
import dev.betterbase.sync.federation.trust.Peers;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.function.ToDoubleFunction;

/**
 * The metrics of the peers that call this server. The labels are the domains of trusted servers,
 * which are few and identify no person.
 */
@ApplicationScoped
public class PeerMetrics {
  private static final String PEER = "peer";

  @Inject private MeterRegistry registry;
  @Inject private Peers peers;

  /**
   * Registers what each trusted domain uses of its quota. The label is the domain as it is trusted,
   * with its port if it has one. Two domains that differ only in their port are one peer with one
   * quota (auth.md, HTTP signature): each has a series of its own, and both show the same values.
   * The counts of the hour begin anew with each hour.
   */
  void registerPeers(@Observes @Initialized(ApplicationScoped.class) Object started) {
    for (String domain : peers.domains()) {
      peers.find(domain).ifPresent(quota -> register(domain, quota));
    }
  }

  private void register(String domain, PeerQuota quota) {
    gauge("connections", "Connections of a peer", domain, quota, PeerQuota.Usage::connections);
    gauge("spaces", "Spaces that a peer uses", domain, quota, PeerQuota.Usage::spaces);
    gauge(
        "records.this.hour",
        "Records that a peer pushed since the hour began",
        domain,
        quota,
        PeerQuota.Usage::records);
    gauge(
        "bytes.this.hour",
        "Bytes that a peer pushed since the hour began",
        domain,
        quota,
        PeerQuota.Usage::bytes);
    gauge(
        "invitations.this.hour",
        "Invitations that a peer passed on since the hour began",
        domain,
        quota,
        PeerQuota.Usage::invitations);
  }

  private void gauge(
      String name,
      String description,
      String domain,
      PeerQuota quota,
      ToDoubleFunction<PeerQuota.Usage> value) {
    Gauge.builder(
            "betterbase.federation.peer." + name, quota, used -> value.applyAsDouble(used.usage()))
        .description(description)
        .tag(PEER, domain)
        .strongReference(true)
        .register(registry);
  }

  /** Counts a request of a peer, signed or not, that was refused with this status. */
  void refused(int status) {
    Counter.builder("betterbase.federation.requests.refused")
        .description("Requests of peers that were refused, by status")
        .tag("status", Integer.toString(status))
        .register(registry)
        .increment();
  }
}
