package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.fault.Fault;
import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.protocol.Failure;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of what this server asks of home servers, and of what they tell it. The labels are
 * the domains of trusted servers and the names of methods: both are few and name no person.
 */
@ApplicationScoped
public class HomeMetrics {
  private static final String PEER = "peer";
  private static final String HOME = "home";
  private static final String METHOD = "method";

  /** The outcome of a call that the home server has not answered with a result or a refusal. */
  private static final String UNREACHABLE = "unreachable";

  @Inject private MeterRegistry registry;
  @Inject private RecentFaults faults;

  /** The connections whose state is shown, and their gauges by the domain of the home. */
  private final Map<String, Shown> shown = new ConcurrentHashMap<>();

  private record Shown(Set<HomeLink> links, Gauge gauge) {}

  /** Shows from now on whether the connection to this home server is open. */
  void register(HomeLink link) {
    shown.computeIfAbsent(link.address().host(), this::show).links().add(link);
  }

  private Shown show(String home) {
    Set<HomeLink> links = ConcurrentHashMap.newKeySet();
    return new Shown(
        links,
        Gauge.builder(
                "betterbase.federation.home.connected",
                links,
                all -> all.stream().anyMatch(link -> link.open() != null) ? 1 : 0)
            .description("1 if the connection to a home server is open")
            .tag(HOME, home)
            .strongReference(true)
            .register(registry));
  }

  /** No longer shows this connection. */
  void unregister(HomeLink link) {
    shown.computeIfPresent(
        link.address().host(),
        (home, known) -> {
          known.links().remove(link);
          if (!known.links().isEmpty()) {
            return known;
          }
          Object unused = registry.remove(known.gauge());
          return null;
        });
  }

  /**
   * Counts a call with one reply that has ended.
   *
   * @param failure null if the home server carried out the call
   */
  void called(HomeLink link, String method, long nanos, @Nullable Throwable failure) {
    String outcome = outcome(failure);
    if (failure != null && outcome.equals(UNREACHABLE)) {
      faults.add(Fault.Kind.CALL, method + " at " + link.address().host(), failure);
    }
    Timer.builder("betterbase.federation.home.calls")
        .description("Calls to home servers that have one reply")
        .tag(HOME, link.address().host())
        .tag(METHOD, method)
        .tag("outcome", outcome)
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  private static String outcome(@Nullable Throwable failure) {
    if (failure == null) {
      return "ok";
    }
    return HomeLink.asFailure(failure) instanceof Failure.Internal ? UNREACHABLE : "refused";
  }

  /**
   * Counts a notice of a peer that says it is a space's home.
   *
   * @param believed whether it is, and the space has subscribers here
   */
  public void told(String peer, boolean believed) {
    Counter.builder("betterbase.federation.notices")
        .description("Notices of peers that say they are a space's home")
        .tag(PEER, peer)
        .tag("passed.on", Boolean.toString(believed))
        .register(registry)
        .increment();
  }
}
