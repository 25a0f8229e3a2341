package dev.betterbase.sync.realtime;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The presences in spaces through connections of other nodes. This class sends nothing. Safe for
 * use by many threads.
 */
final class DistantPresences {
  /** The most memory that one presence takes, in bytes. */
  private static final int SIZE = 2_048;

  /** The most presences of all spaces together: they take at most a sixteenth of the heap. */
  private static final long AT_MOST = Runtime.getRuntime().maxMemory() / 16 / SIZE;

  private record Distant(UUID node, Presence peer, long renewedAt) {}

  /** A presence that has ended. */
  record Gone(SpaceId space, String peer) {}

  private final Map<SpaceId, Map<String, Distant>> spaces = new HashMap<>();
  private int size;

  /**
   * Adds or renews a presence.
   *
   * @param now {@link System#nanoTime()}
   * @return false if too many others are present
   */
  synchronized boolean set(UUID node, SpaceId space, Presence peer, long now) {
    Map<String, Distant> present = spaces.getOrDefault(space, Map.of());
    boolean isNew = !present.containsKey(peer.pseudonym());
    if (isNew && (size >= AT_MOST || present.size() >= Attendance.AT_MOST)) {
      return false;
    }
    spaces
        .computeIfAbsent(space, first -> new LinkedHashMap<>())
        .put(peer.pseudonym(), new Distant(node, peer, now));
    size += isNew ? 1 : 0;
    return true;
  }

  /** Ends a presence; false if there is none. */
  synchronized boolean clear(SpaceId space, String peer) {
    Map<String, Distant> present = spaces.get(space);
    if (present == null || present.remove(peer) == null) {
      return false;
    }
    size--;
    if (present.isEmpty()) {
      spaces.remove(space);
    }
    return true;
  }

  /** Ends the presences of a node. */
  synchronized List<Gone> clearThoseOf(UUID node) {
    return clearIf(each -> each.node().equals(node));
  }

  /** Ends the presences that were not renewed for so long. */
  synchronized List<Gone> clearOlderThan(long nanos, long now) {
    return clearIf(each -> now - each.renewedAt() > nanos);
  }

  private List<Gone> clearIf(Predicate<Distant> over) {
    var gone = new ArrayList<Gone>();
    spaces.forEach(
        (space, present) ->
            present.values().stream()
                .filter(over)
                .forEach(each -> gone.add(new Gone(space, each.peer().pseudonym()))));
    gone.forEach(each -> clear(each.space(), each.peer()));
    return gone;
  }

  /** The number of those who are present in a space. */
  synchronized int count(SpaceId space) {
    return spaces.getOrDefault(space, Map.of()).size();
  }

  /** Those who are present in a space. */
  synchronized List<Presence> of(SpaceId space) {
    return spaces.getOrDefault(space, Map.of()).values().stream().map(Distant::peer).toList();
  }
}
