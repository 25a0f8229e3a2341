package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.PeerQuota;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.settings.Domain;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.function.ToDoubleFunction;

/**
 * The metrics of what peers ask of this server. The labels are the domains of trusted servers,
 * which are few and name no person.
 */
@ApplicationScoped
public class PeerMetrics {
  private static final String PEER = "peer";

  @Inject private MeterRegistry registry;
  @Inject private Peers peers;

  /**
   * Registers what each peer uses of its quota, by the peer's domain without port, as the quota
   * itself is kept. The counts of the hour begin anew with each hour.
   */
  void registerPeers(@Observes @Initialized(ApplicationScoped.class) Object started) {
    for (String domain : peers.domains()) {
      Domain.of(domain).map(Domain::host).ifPresent(this::registerPeer);
    }
  }

  private void registerPeer(String domain) {
    gauge("connections", domain, PeerQuota.Usage::connections);
    gauge("spaces", domain, PeerQuota.Usage::spaces);
    gauge("records.this.hour", domain, PeerQuota.Usage::records);
    gauge("bytes.this.hour", domain, PeerQuota.Usage::bytes);
    gauge("invitations.this.hour", domain, PeerQuota.Usage::invitations);
  }

  private void gauge(String name, String domain, ToDoubleFunction<PeerQuota.Usage> value) {
    PeerQuota quota = peers.quota(domain);
    Gauge.builder(
            "betterbase.federation.peer." + name, quota, used -> value.applyAsDouble(used.usage()))
        .tag(PEER, domain)
        .strongReference(true)
        .register(registry);
  }

  /** What a peer has signed, or not, was refused with that status. */
  void refused(int status) {
    registry
        .counter("betterbase.federation.requests.refused", "status", Integer.toString(status))
        .increment();
  }
}
