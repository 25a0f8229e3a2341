package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.security.SecurityLog;
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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * This server's own signing keys. They are read again every few seconds, so a key that is added or
 * deactivated takes effect without a restart.
 */
@ApplicationScoped
public class SigningKeys {
  private static final Logger LOG = System.getLogger(SigningKeys.class.getName());

  /**
   * How long the keys are cached: the key set is public, and each request must not cost a
   * statement.
   */
  private static final long GOOD_NANOS = TimeUnit.SECONDS.toNanos(5);

  @Inject private SigningKeyStore store;
  @Inject private Settings settings;
  @Inject private SecurityLog security;

  private record Reading(SigningKeyStore.Listing listing, long at) {}

  private volatile @Nullable Reading latest;

  /**
   * Makes a key if this server has a domain but no signing key (federation.md, Keys). Also says if
   * a key cannot be opened.
   */
  public void ensure() {
    Optional<String> domain = settings.federation().domain();
    if (domain.isEmpty()) {
      return;
    }
    KeyId id = KeyId.of(new Domain(domain.get()), defaultFragment());
    if (store.ensure(SigningKey.generate(id), seal())) {
      LOG.log(Level.INFO, "Made a signing key for federation: {0}", id);
    }
    active();
  }

  /** The default fragment of a key id: {@code fed-<time>}, seconds since 1970. */
  public static String defaultFragment() {
    return "fed-" + Instant.now().getEpochSecond();
  }

  /** The active keys, oldest first. */
  public List<SigningKeyStore.Stored> active() {
    Reading known = latest;
    if (known == null || System.nanoTime() - known.at() > GOOD_NANOS) {
      SigningKeyStore.Listing before = known == null ? null : known.listing();
      known = new Reading(store.active(seal()), System.nanoTime());
      latest = known;
      report(before, known.listing());
    }
    return known.listing().keys();
  }

  private void report(SigningKeyStore.@Nullable Listing before, SigningKeyStore.Listing now) {
    String keys = shown(now);
    if (before != null && !shown(before).equals(keys)) {
      security.signingKeysChanged(keys);
    }
    List<String> saidBefore = before == null ? List.of() : before.faults();
    now.faults().stream()
        .filter(fault -> !saidBefore.contains(fault))
        .forEach(fault -> LOG.log(Level.WARNING, "Not signing for federation: {0}", fault));
  }

  /** The ids of the keys, which are public; the primary one with a star. */
  private static String shown(SigningKeyStore.Listing listing) {
    return listing.keys().stream()
        .map(stored -> stored.key().id() + (stored.primary() ? "*" : ""))
        .collect(Collectors.joining(", "));
  }

  private KeySeal seal() {
    return KeySeal.of(settings.secretsKeys());
  }

  /** The key that this server signs with; empty if it has none, and so calls no other server. */
  public Optional<SigningKey> primary() {
    return active().stream()
        .filter(SigningKeyStore.Stored::primary)
        .map(SigningKeyStore.Stored::key)
        .findFirst();
  }
}
