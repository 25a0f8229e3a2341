package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.wire.HomeNotice;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.space.RootKeys;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** Lets in what home servers tell: of their own spaces, for local subscribers, and nothing else. */
@ApplicationScoped
public class HomeNotices {
  @Inject private RootKeys spaces;
  @Inject private Subscriptions subscriptions;
  @Inject private HomeSpaces homes;
  @Inject private HomeMetrics metrics;

  /**
   * Passes something on, where it comes from the home of its space.
   *
   * @param peer who tells: its domain, without port
   */
  public void passOn(String peer, HomeNotice notice) {
    // First what costs nothing: a peer may invent spaces without end.
    boolean fromHome =
        subscriptions.hasSubscribers(notice.space())
            && spaces
                .find(notice.space())
                .home()
                .flatMap(HomeAddress::of)
                .filter(home -> home.host().equals(peer))
                .isPresent();
    metrics.told(peer, fromHome);
    if (fromHome) {
      homes.told(notice);
    }
  }
}
