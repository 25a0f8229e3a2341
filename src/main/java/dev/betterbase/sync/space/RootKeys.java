package dev.betterbase.sync.space;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.betterbase.sync.identity.P256Point;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;

/**
 * The root public keys of shared spaces, to which every chain leads back, and the servers where the
 * spaces live. Neither ever changes while the space exists, so both are cached. That a space does
 * not exist is not cached, because it may be created at any moment.
 */
@ApplicationScoped
public class RootKeys {
  /** The most spaces in the cache, which takes about 20 MB when full. */
  private static final int CACHED = 100_000;

  /** An administrator may delete a space, of which a node without a subscriber does not hear. */
  private static final Duration CACHED_FOR = Duration.ofHours(1);

  // Maintenance runs in the caller: in the JVM's common pool it would outlive the application.
  private final Cache<SpaceId, Found> known =
      Caffeine.newBuilder()
          .maximumSize(CACHED)
          .expireAfterWrite(CACHED_FOR)
          .executor(Runnable::run)
          .build();

  @Inject private SpaceStore spaces;
  @Inject private Database database;

  /** For the container, which injects the store. */
  public RootKeys() {}

  /** The kinds of space. */
  public enum Kind {
    /** A space with a root key. */
    SHARED,
    /** It has none: it is the personal space of its owner. */
    PERSONAL,
    /** There is no such space. */
    ABSENT,
    /** Its database has failed, so nothing is known of it. */
    AWAY
  }

  /**
   * The facts that access to a space depends on.
   *
   * @param rootKey present if the space is shared
   * @param home the server where it lives; empty if that is this one
   */
  public record Found(Kind kind, Optional<P256Point> rootKey, Optional<String> home) {}

  /**
   * Looks a space up.
   *
   * @throws StorageException if the database failed
   */
  public Found find(SpaceId space) {
    Found shared = known.getIfPresent(space);
    if (shared != null) {
      return shared;
    }
    return (database.isSpread() ? spaces.findInAny(space) : spaces.find(space))
        .map(this::look)
        .orElseGet(() -> new Found(Kind.ABSENT, Optional.empty(), Optional.empty()));
  }

  /**
   * Looks many up, with one statement for those not in the cache. Absent ones are left out.
   *
   * @throws StorageException if the database failed, or the first of several
   */
  public Map<SpaceId, Found> findAll(Collection<SpaceId> ids) {
    Map<SpaceId, Found> found = HashMap.newHashMap(ids.size());
    var unknown = new HashSet<SpaceId>();
    for (SpaceId id : ids) {
      Found shared = known.getIfPresent(id);
      if (shared == null) {
        unknown.add(id);
      } else {
        found.put(id, shared);
      }
    }
    if (!unknown.isEmpty()) {
      SpaceStore.Many<Space> read = spaces.findAll(unknown);
      read.found().forEach((id, space) -> found.put(id, look(space)));
      read.away()
          .forEach(id -> found.put(id, new Found(Kind.AWAY, Optional.empty(), Optional.empty())));
    }
    return found;
  }

  /** An administrator has deleted the space. One of the same id may have another key. */
  void forget(SpaceId space) {
    known.invalidate(space);
  }

  private Found look(Space space) {
    // A key that is not a point (of a space from elsewhere) opens the space to no one.
    Optional<P256Point> key = space.rootPublicKey().flatMap(P256Point::decode);
    var found = new Found(space.personal() ? Kind.PERSONAL : Kind.SHARED, key, space.homeServer());
    if (key.isPresent()) {
      known.put(space.id(), found);
    }
    return found;
  }
}
