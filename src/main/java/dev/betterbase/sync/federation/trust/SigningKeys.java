package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.KeyId;
import dev.betterbase.sync.settings.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * This server's own signing keys. They are read anew every few seconds, so that a key that was made
 * or taken out of use meanwhile counts without a restart.
 */
@ApplicationScoped
public class SigningKeys {
  private static final Logger LOG = System.getLogger(SigningKeys.class.getName());

  /** How long what was read is good: the key set is public, and must not cost a statement each. */
  private static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(5);

  @Inject private SigningKeyStore store;
  @Inject private Settings settings;

  private record Reading(List<SigningKeyStore.Stored> keys, long at) {}

  private volatile @Nullable Reading latest;

  /** Makes a key where this server has a domain and no key to sign by (federation.md, Keys). */
  public void ensure() {
    Optional<String> domain = settings.federation().domain();
    if (domain.isEmpty()) {
      return;
    }
    KeyId id = KeyId.of(new Domain(domain.get()), defaultFragment());
    if (store.ensure(SigningKey.generate(id))) {
      LOG.log(Level.INFO, "Made a signing key for federation: {0}", id);
    }
  }

  /** The fragment of a key id where none is asked for: {@code fed-<time>}, seconds since 1970. */
  public static String defaultFragment() {
    return "fed-" + Instant.now().getEpochSecond();
  }

  /** The active ones, oldest first. */
  public List<SigningKeyStore.Stored> active() {
    Reading known = latest;
    if (known == null || System.nanoTime() - known.at() > GOOD_NANOS) {
      known = new Reading(store.active(), System.nanoTime());
      latest = known;
    }
    return known.keys();
  }

  /** The one that this server signs by; empty where it has none, and calls no other server. */
  public Optional<SigningKey> primary() {
    return active().stream()
        .filter(SigningKeyStore.Stored::primary)
        .map(SigningKeyStore.Stored::key)
        .findFirst();
  }
}
