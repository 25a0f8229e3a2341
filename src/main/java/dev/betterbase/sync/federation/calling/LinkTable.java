package dev.betterbase.sync.federation.calling;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The links to home servers, one for each address, up to a bound. Any thread may call. */
final class LinkTable {
  private final int most;
  private final Function<HomeAddress, HomeLink> make;
  private final Map<URI, HomeLink> links = new ConcurrentHashMap<>();

  /**
   * @param most the most links. Threads that add links at the same time may go beyond it, each by
   *     one
   * @param make makes the link to an address that has none yet
   */
  LinkTable(int most, Function<HomeAddress, HomeLink> make) {
    this.most = most;
    this.make = make;
  }

  /** The link to an address, which counts as used now; empty if it would be one too many. */
  Optional<HomeLink> find(HomeAddress address) {
    HomeLink link =
        links.compute(
            address.uri(),
            (uri, known) -> {
              if (known == null) {
                return links.size() < most ? make.apply(address) : null;
              }
              known.used();
              return known;
            });
    return Optional.ofNullable(link);
  }

  /**
   * Forgets the links that nobody has used for a while. The caller stops them.
   *
   * @return those that are forgotten
   */
  List<HomeLink> forgetUnused(Duration unused) {
    List<HomeLink> forgotten = new ArrayList<>();
    for (HomeLink link : all()) {
      // Under the lock of the entry, so that nobody finds a link that is being forgotten.
      links.computeIfPresent(
          link.address().uri(),
          (uri, known) -> {
            if (known != link || !link.isUnused(unused)) {
              return known;
            }
            forgotten.add(link);
            return null;
          });
    }
    return forgotten;
  }

  List<HomeLink> all() {
    return List.copyOf(links.values());
  }
}
