package dev.betterbase.sync.epoch;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.ConnectionLocal;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The cursor at which each connection last read the DEKs of a space (methods.md, deks.rewrap). The
 * connection must not rewrap a DEK that was written after that.
 */
@ApplicationScoped
public class DekReadings {
  /** The limit for one connection; the oldest readings are forgotten. */
  private static final int AT_MOST = 1_000;

  private record Key(SpaceId space, DekOwner owner) {}

  private static final class Readings extends LinkedHashMap<Key, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Key, Long> eldest) {
      return size() > AT_MOST;
    }
  }

  private final ConnectionLocal<Readings> readings = new ConnectionLocal<>(Readings::new);

  /** A connection starts to read the DEKs of a space that is at this cursor. */
  void note(Connection connection, SpaceId space, DekOwner owner, long cursor) {
    Readings own = readings.of(connection);
    synchronized (own) {
      own.put(new Key(space, owner), cursor);
    }
  }

  /** The cursor of the last reading; empty if there was none. */
  OptionalLong find(Connection connection, SpaceId space, DekOwner owner) {
    Readings own = readings.find(connection).orElse(null);
    if (own == null) {
      return OptionalLong.empty();
    }
    synchronized (own) {
      Long cursor = own.get(new Key(space, owner));
      return cursor == null ? OptionalLong.empty() : OptionalLong.of(cursor);
    }
  }
}
