package dev.betterbase.sync.realtime;

import dev.betterbase.sync.rpc.method.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The connections that are present in one space (methods.md, Presence and events). This class sends
 * nothing.
 */
final class Attendance {
  /** The number of connections that may be present in one space. */
  static final int AT_MOST = 100;

  private record Present(Presence peer, long renewedAt) {}

  private final Map<Connection, Present> present = new HashMap<>();

  /**
   * Adds or renews the presence of a connection.
   *
   * @param elsewhere the number of those who are present through other nodes
   * @param now {@link System#nanoTime()}
   * @return false if too many others are present
   */
  synchronized boolean set(Connection connection, Presence peer, int elsewhere, long now) {
    if (present.size() + elsewhere >= AT_MOST && !present.containsKey(connection)) {
      return false;
    }
    present.put(connection, new Present(peer, now));
    return true;
  }

  /** Ends the presence of a connection; returns its pseudonym if it was present. */
  synchronized Optional<String> clear(Connection connection) {
    return Optional.ofNullable(present.remove(connection)).map(gone -> gone.peer().pseudonym());
  }

  /**
   * Ends the presences that were not renewed since then; returns the pseudonyms with their
   * connections.
   */
  synchronized Map<Connection, String> clearOlderThan(long nanos, long now) {
    var old = new HashMap<Connection, String>();
    present.forEach(
        (connection, entry) -> {
          if (now - entry.renewedAt() > nanos) {
            old.put(connection, entry.peer().pseudonym());
          }
        });
    present.keySet().removeAll(old.keySet());
    return old;
  }

  /** The number of connections that are present. */
  synchronized int size() {
    return present.size();
  }

  /** Everyone who is present. */
  List<Presence> all() {
    return others(null);
  }

  /** Everyone who is present, except one connection. */
  synchronized List<Presence> others(@Nullable Connection but) {
    var others = new ArrayList<Presence>(present.size());
    present.forEach(
        (connection, entry) -> {
          if (connection != but) {
            others.add(entry.peer());
          }
        });
    return others;
  }
}
