package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.wire.HomeNotice;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.space.RootKeys;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** Passes notices of home servers on: only of their own spaces, and only to local subscribers. */
@ApplicationScoped
public class HomeNotices {
  @Inject private RootKeys rootKeys;
  @Inject private Subscriptions subscriptions;
  @Inject private HomeSpaces homes;
  @Inject private HomeMetrics metrics;

  /**
   * Passes a notice on if it comes from the home of its space.
   *
   * @param peer the domain, without port, of the server that it comes from
   */
  public void passOn(String peer, HomeNotice notice) {
    // Free checks come first: a peer may invent spaces without end.
    boolean fromHome =
        subscriptions.hasSubscribers(notice.space())
            && rootKeys
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
