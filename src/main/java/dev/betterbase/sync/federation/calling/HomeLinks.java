package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.federation.wire.HomeNotice;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.ServerFrame;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The connections to home servers, one each. */
@ApplicationScoped
public class HomeLinks {
  private static final Logger LOG = System.getLogger(HomeLinks.class.getName());

  @Inject private Peers peers;
  @Inject private HomeDialer dialer;
  @Inject private HomeNotices notices;
  @Inject private HomeSpaces spaces;
  @Inject private HomeMetrics metrics;
  @Resource private ManagedScheduledExecutorService timer;

  private final Map<URI, HomeLink> links = new ConcurrentHashMap<>();

  /**
   * The connection to a home server, which is opened when it is needed.
   *
   * @param home a domain or a URL
   * @return empty where that is neither, or the server is not trusted (any more)
   */
  Optional<HomeLink> find(String home) {
    return HomeAddress.of(home)
        .filter(address -> peers.trusts(home))
        .map(address -> links.computeIfAbsent(address.uri(), uri -> open(address)));
  }

  private HomeLink open(HomeAddress address) {
    var events = new Events(address.host());
    var link = new HomeLink(address, dialer, timer, events);
    events.link = link;
    metrics.register(link);
    return link;
  }

  /** Whether this server can sign, and so call others. */
  boolean canCall() {
    return dialer.canCall();
  }

  /** Has something done soon, on another thread. */
  void later(Runnable task) {
    timer.execute(task);
  }

  @PreDestroy
  void stop() {
    links.values().forEach(HomeLink::stop);
  }

  private final class Events implements HomeLink.Events {
    private final String host;
    private volatile HomeLink link;

    @SuppressWarnings("NullAway.Init") // set before the link is used
    Events(String host) {
      this.host = host;
    }

    @Override
    public void notified(ServerFrame.Notification notification) {
      try {
        switch (notification.method()) {
          case "sync", "membership", "file", "revoked" ->
              notices.passOn(
                  host, HomeNotice.read(notification.method(), notification.params().reader()));
          default -> {}
        }
      } catch (Failure.InvalidParams malformed) {
        LOG.log(Level.DEBUG, "a notification of {0} was dropped", host);
      } catch (RuntimeException e) {
        // The next marker tells the members to pull.
        LOG.log(Level.ERROR, "a notification of a home server", e);
      }
    }

    @Override
    public CompletionStage<?> opened(HomeSession session) {
      return spaces.restore(link, session);
    }

    @Override
    public void called(String method, long nanos, @Nullable Throwable failure) {
      metrics.called(link, method, nanos, failure);
    }

    @Override
    public boolean isWanted() {
      return spaces.areWanted(link);
    }
  }
}
