package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.trust.Peers;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The connections to home servers, one each. */
@ApplicationScoped
public class HomeLinks {
  @Inject private Peers peers;
  @Inject private HomeDialer dialer;
  @Inject private HomeLink.Events events;
  @Inject private HomeMetrics metrics;
  @Resource private ManagedScheduledExecutorService timer;

  private final Map<URI, HomeLink> links = new ConcurrentHashMap<>();

  /**
   * The connection to a home server. It is opened when it is needed.
   *
   * @param home a domain or a URL
   * @return empty if that is neither, or the server is not trusted (any more)
   */
  Optional<HomeLink> find(String home) {
    return HomeAddress.of(home)
        .filter(address -> peers.mayCall(address.domain()))
        .map(address -> links.computeIfAbsent(address.uri(), uri -> open(address)));
  }

  private HomeLink open(HomeAddress address) {
    var link = new HomeLink(address, dialer, timer, events);
    metrics.register(link);
    return link;
  }

  /** Whether this server can sign, and so call others. */
  boolean canCall() {
    return dialer.canCall();
  }

  /** Runs a task soon, on another thread. */
  void later(Runnable task) {
    timer.execute(task);
  }

  @PreDestroy
  void stop() {
    links.values().forEach(HomeLink::stop);
  }
}
