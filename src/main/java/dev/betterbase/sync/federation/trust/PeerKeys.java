package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.identity.CachedKeys;
import dev.betterbase.sync.identity.Json;
import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.FederationSettings;
import dev.betterbase.sync.settings.KeyId;
import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The public keys of peers (federation.md, Keys): the listed keys and, for a trusted domain, those
 * of its key set.
 */
final class PeerKeys implements PeerAuthentication.Keys {
  private static final int HTTPS = 443;

  /**
   * How many threads may wait for the key set of one peer. Anyone may name a peer whose key set
   * hangs, and each request that waits for it holds a thread of the server.
   */
  static final int WAITING = 4;

  private final FederationSettings settings;
  private final Function<URI, CompletableFuture<String>> fetch;
  private final LongSupplier nanoTime;
  private final Map<String, byte[]> listed = new HashMap<>();

  /**
   * Key sets by URL. The trusted domains bound their number: each has its own port and the default
   * one.
   */
  private final Map<URI, CachedKeys<byte[]>> sets = new ConcurrentHashMap<>();

  /**
   * @param fetch fetches a document, like {@link FederationHttp#fetch}
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  PeerKeys(
      FederationSettings settings,
      Function<URI, CompletableFuture<String>> fetch,
      LongSupplier nanoTime) {
    this.settings = settings;
    this.fetch = fetch;
    this.nanoTime = nanoTime;
    settings
        .trustedKeys()
        .forEach((keyId, key) -> listed.put(keyId, Base64.getUrlDecoder().decode(key)));
  }

  /**
   * {@inheritDoc}
   *
   * <p>May block for the key set, at most {@link CachedKeys#MAX_WAIT}.
   *
   * @throws CachedKeys.Busy if {@link #WAITING} others wait for it
   */
  @Override
  public Optional<byte[]> find(KeyId id) {
    byte[] known = listed.get(id.toString());
    return known != null
        ? Optional.of(known)
        : keySetOf(id).flatMap(keys -> keys.key(id.toString()));
  }

  /**
   * {@inheritDoc}
   *
   * <p>A listed key has none. May block for the key set, at most {@link CachedKeys#MAX_WAIT}.
   */
  @Override
  public Optional<byte[]> replacement(KeyId id, byte[] failed) {
    return listed.containsKey(id.toString())
        ? Optional.empty()
        : keySetOf(id).flatMap(keys -> keys.replacement(id.toString(), failed));
  }

  private Optional<CachedKeys<byte[]>> keySetOf(KeyId id) {
    return keySet(id).map(url -> sets.computeIfAbsent(url, this::keysAt));
  }

  private CachedKeys<byte[]> keysAt(URI url) {
    return new CachedKeys<>(
        "peer " + url.getAuthority(),
        () -> fetch.apply(url).thenCompose(PeerKeys::read),
        nanoTime,
        WAITING);
  }

  /** The URL from which the key set of a key may be fetched; empty if it may not be fetched. */
  private Optional<URI> keySet(KeyId id) {
    if (!settings.fetchesKeys() || !id.isInKeySet()) {
      return Optional.empty();
    }
    for (String text : settings.trustedDomains()) {
      var trusted = new Domain(text);
      if (trusted.host().equals(id.domain())
          && (id.port() == trusted.port() || id.port() == HTTPS)) {
        return url(id, trusted);
      }
    }
    return Optional.empty();
  }

  /** Requires TLS except for loopback, whatever the scheme of the key id. */
  private static Optional<URI> url(KeyId id, Domain trusted) {
    if (!trusted.isLoopback() && !id.uri().getScheme().equals("https")) {
      return Optional.empty();
    }
    String scheme = trusted.isLoopback() ? "http" : "https";
    return Optional.of(
        URI.create(scheme + "://" + id.uri().getHost() + ":" + id.port() + id.uri().getRawPath()));
  }

  /** The Ed25519 keys of a key set (RFC 8037) by key id; others are skipped. */
  private static CompletableFuture<Map<String, byte[]>> read(String body) {
    try {
      if (!(Json.object(body).get("keys") instanceof List<?> list)) {
        throw new ParseException("a key set has a list of keys", 0);
      }
      Map<String, byte[]> keys = new HashMap<>();
      for (Object each : list) {
        if (each instanceof Map<?, ?> key) {
          usable(key).ifPresent(bytes -> keys.putIfAbsent((String) key.get("kid"), bytes));
        }
      }
      return CompletableFuture.completedFuture(keys);
    } catch (ParseException malformed) {
      return CompletableFuture.failedFuture(new IOException("answered with no key set"));
    }
  }

  private static Optional<byte[]> usable(Map<?, ?> key) {
    if (!(key.get("kid") instanceof String)
        || !"OKP".equals(key.get("kty"))
        || !"Ed25519".equals(key.get("crv"))
        || !(key.get("x") instanceof String x)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Base64.getUrlDecoder().decode(x))
          .filter(bytes -> bytes.length == SigningKey.LENGTH);
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }
}
