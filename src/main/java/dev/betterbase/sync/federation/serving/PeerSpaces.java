package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.method.Connection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The spaces that peers are subscribed to, each counted once per connection (federation.md). */
@ApplicationScoped
public class PeerSpaces {
  @Inject private Peers peers;

  private final Map<Connection, Set<SpaceId>> taken = new ConcurrentHashMap<>();

  /** The domain of the peer at the other end. */
  static String peer(Connection connection) {
    if (connection.caller() instanceof Caller.Peer(String domain)) {
      return domain;
    }
    throw new IllegalStateException("not a peer's connection");
  }

  /**
   * Counts spaces against the quota of a connection's peer, except those counted already.
   *
   * @return the spaces that were not counted before
   * @throws Failure.RateLimited if they do not all fit; nothing is changed then
   */
  Set<SpaceId> take(Connection connection, Collection<SpaceId> spaces) {
    Set<SpaceId> own =
        taken.computeIfAbsent(
            connection,
            first -> {
              first.onEnd(() -> giveBackAll(first));
              return new HashSet<>();
            });
    synchronized (own) {
      var added = new HashSet<>(spaces);
      added.removeAll(own);
      if (!peers.quota(peer(connection)).takeSpaces(added.size())) {
        throw new Failure.RateLimited("space subscription quota exceeded");
      }
      own.addAll(added);
      return added;
    }
  }

  /** Gives spaces back to the quota. */
  void giveBack(Connection connection, Collection<SpaceId> spaces) {
    Set<SpaceId> own = taken.get(connection);
    if (own == null) {
      return;
    }
    synchronized (own) {
      int before = own.size();
      own.removeAll(spaces);
      peers.quota(peer(connection)).giveBackSpaces(before - own.size());
    }
  }

  private void giveBackAll(Connection connection) {
    Set<SpaceId> own = taken.remove(connection);
    if (own != null) {
      synchronized (own) {
        peers.quota(peer(connection)).giveBackSpaces(own.size());
        own.clear();
      }
    }
  }
}
