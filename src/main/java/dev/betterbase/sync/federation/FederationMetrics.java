package dev.betterbase.sync.federation;

import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.settings.Domain;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What federation counts for whoever watches the server. Labels are domains of trusted servers and
 * names of methods: both are few, and neither is a person's.
 */
@ApplicationScoped
public class FederationMetrics {
  private static final String PEER = "peer";
  private static final String HOME = "home";
  private static final String METHOD = "method";

  @Inject private MeterRegistry registry;
  @Inject private Peers peers;

  /**
   * What each peer uses of its quota, by its domain without port, as it is known wherever it is
   * counted; that of the hour begins anew with each hour.
   */
  @PostConstruct
  void registerPeers() {
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

  /** From now on tells whether the connection to this home server is open. */
  void register(HomeLink link) {
    Gauge.builder("betterbase.federation.home.connected", link, home -> home.open() == null ? 0 : 1)
        .tag(HOME, link.address().host())
        .strongReference(true)
        .register(registry);
  }

  /**
   * A home server was asked for something with one reply, and has answered, or not in time.
   *
   * @param failure null where it did what it was asked for
   */
  void called(HomeLink link, String method, long nanos, @Nullable Throwable failure) {
    registry
        .timer(
            "betterbase.federation.home.calls",
            HOME,
            link.address().host(),
            METHOD,
            method,
            "outcome",
            outcome(failure))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  private static String outcome(@Nullable Throwable failure) {
    if (failure == null) {
      return "ok";
    }
    return HomeLink.asFailure(failure) instanceof Failure.Internal ? "unreachable" : "refused";
  }

  /**
   * A home server, or one that says it is, has told something of a space.
   *
   * @param believed whether the space is its own, and somebody here wants to know
   */
  void told(String peer, boolean believed) {
    registry
        .counter(
            "betterbase.federation.notices", PEER, peer, "passed.on", Boolean.toString(believed))
        .increment();
  }
}
