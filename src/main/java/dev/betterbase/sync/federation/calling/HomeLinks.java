package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Optional;

/**
 * The connections to home servers, one each. One that has not been used for a while is closed and
 * forgotten.
 */
@ApplicationScoped
public class HomeLinks implements PeriodicJob {
  private static final Duration PAUSE = Duration.ofMinutes(1);

  /** The time that a connection stays without a call and without a subscription. */
  private static final Duration UNUSED = Duration.ofMinutes(10);

  /** More than this server trusts servers, unless it trusts all ports of this machine. */
  static final int MOST = 1_000;

  @Inject private Peers peers;
  @Inject private HomeDialer dialer;
  @Inject private HomeLink.Events events;
  @Inject private HomeMetrics metrics;
  @Resource private ManagedScheduledExecutorService timer;

  private final LinkTable links = new LinkTable(MOST, this::open);

  /**
   * The connection to a home server. It is opened when it is needed.
   *
   * @param home a domain or a URL
   * @return empty if that is neither, the server is not trusted (any more), or there are too many
   */
  Optional<HomeLink> find(String home) {
    return HomeAddress.of(home)
        .filter(address -> peers.mayCall(address.domain()))
        .flatMap(links::find);
  }

  private HomeLink open(HomeAddress address) {
    var link = new HomeLink(address, dialer, timer, events, System::nanoTime);
    metrics.register(link);
    return link;
  }

  @Override
  public String name() {
    return "home_links";
  }

  @Override
  public Duration pause() {
    return PAUSE;
  }

  @Override
  public void round() {
    for (HomeLink link : links.forgetUnused(UNUSED)) {
      link.stop();
      metrics.unregister(link);
    }
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
    // Not with a method reference: the server may load no more classes when it destroys beans.
    for (HomeLink link : links.all()) {
      link.stop();
    }
  }
}
