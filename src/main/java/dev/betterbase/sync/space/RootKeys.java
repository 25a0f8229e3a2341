package dev.betterbase.sync.space;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.betterbase.sync.identity.P256Point;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The root public keys of shared spaces, to which every chain leads back, and where the spaces
 * live. Neither ever changes, so it is remembered; that a space does not exist is not, for it may
 * be made the next moment.
 */
@ApplicationScoped
public class RootKeys {
  /** Some 20 MB when full. */
  private static final int REMEMBERED = 100_000;

  // Upkeep runs in the caller: it must not outlive the application in a pool of the JVM.
  private final Cache<SpaceId, Found> known =
      Caffeine.newBuilder().maximumSize(REMEMBERED).executor(Runnable::run).build();

  @Inject private SpaceStore spaces;

  /** For the container, which fills in the store. */
  public RootKeys() {}

  /** What is known of a space. */
  public enum Kind {
    /** It has a root key. */
    SHARED,
    /** It has none: it is somebody's own. */
    PERSONAL,
    ABSENT
  }

  /**
   * A space as far as access is concerned.
   *
   * @param rootKey present where it is shared
   * @param home the server where it lives; empty where that is this one
   */
  public record Found(Kind kind, Optional<P256Point> rootKey, Optional<String> home) {}

  /**
   * Looks a space up.
   *
   * @throws StorageException where the database failed
   */
  public Found find(SpaceId space) {
    Found found = findAll(Set.of(space)).get(space);
    return found == null ? new Found(Kind.ABSENT, Optional.empty(), Optional.empty()) : found;
  }

  /** Looks many up, with one statement for those that are not known; absent ones are missing. */
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
      spaces.findAll(unknown).forEach((id, space) -> found.put(id, look(space)));
    }
    return found;
  }

  private Found look(Space space) {
    // A key that is no point (of a space from elsewhere) opens the space to nobody.
    Optional<P256Point> key = space.rootPublicKey().flatMap(P256Point::decode);
    var found = new Found(space.personal() ? Kind.PERSONAL : Kind.SHARED, key, space.homeServer());
    if (key.isPresent()) {
      known.put(space.id(), found);
    }
    return found;
  }
}
