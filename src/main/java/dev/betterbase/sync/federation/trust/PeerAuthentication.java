package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.federation.wire.FileProtocol;
import dev.betterbase.sync.identity.CachedKeys;
import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.FederationSettings;
import dev.betterbase.sync.settings.KeyId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Authenticates the peer that sends a request (auth.md, HTTP signature). */
public final class PeerAuthentication {

  /** The most seconds that {@code created} may differ from now, in either direction. */
  public static final long WINDOW_SECONDS = 300;

  /** Behind a TLS proxy the scheme that the peer dialled differs from the one that arrives here. */
  private static final List<String> SCHEMES = List.of("wss", "ws", "https", "http");

  /** Handshakes of a peer in ten minutes, which are few. */
  private static final int HANDSHAKES_PER_PEER = 5_000;

  /**
   * File requests of a peer in five minutes or more: 160 a second, about 10 MB of memory when full.
   */
  private static final int FILES_PER_PEER = 50_000;

  private final FederationSettings settings;
  private final Keys keys;
  private final InstantSource clock;
  private final List<String> signedFields;
  private final ReplayGuard replays;
  private final Seen seen;

  /** The Ed25519 public keys of peers, 32 bytes each. */
  @FunctionalInterface
  interface Keys {
    /** Finds the key with this id; empty if there is none or its domain is not trusted. */
    Optional<byte[]> find(KeyId id);

    /**
     * Finds the key that has replaced one of the same id, after that one did not verify.
     *
     * @param failed the key that {@link #find} returned
     * @return empty if no other key is known
     */
    default Optional<byte[]> replacement(KeyId id, byte[] failed) {
      return Optional.empty();
    }
  }

  /** The signatures that this server has accepted, on all nodes and before a restart. */
  @FunctionalInterface
  interface Seen {
    /**
     * Records a verified signature.
     *
     * @param validUntil until when it must be remembered
     * @return false if it was recorded before
     */
    boolean isFirst(byte[] signature, Instant validUntil);
  }

  /** The request must be answered with this status and message. */
  public static final class Refused extends Exception {
    private final int status;

    private Refused(int status, String message) {
      super(message, null, false, false);
      this.status = status;
    }

    public int status() {
      return status;
    }
  }

  private PeerAuthentication(
      FederationSettings settings,
      Keys keys,
      InstantSource clock,
      List<String> signedFields,
      ReplayGuard replays,
      Seen seen) {
    this.settings = settings;
    this.keys = keys;
    this.clock = clock;
    this.signedFields = signedFields;
    this.replays = replays;
    this.seen = seen;
  }

  /**
   * Authenticates handshakes.
   *
   * @param keys the keys of peers
   */
  static PeerAuthentication ofHandshakes(
      FederationSettings settings, Keys keys, InstantSource clock, Seen seen) {
    return new PeerAuthentication(
        settings, keys, clock, List.of(), new ReplayGuard(HANDSHAKES_PER_PEER), seen);
  }

  /**
   * Authenticates requests for files, which also sign the headers that describe the file and the
   * UCAN.
   *
   * @param keys as for handshakes
   */
  static PeerAuthentication ofFiles(
      FederationSettings settings, Keys keys, InstantSource clock, Seen seen) {
    return new PeerAuthentication(
        settings, keys, clock, FileProtocol.SIGNED_FIELDS, new ReplayGuard(FILES_PER_PEER), seen);
  }

  /**
   * Authenticates a request. May block to fetch the peer's key set, and for the database.
   *
   * @param localPort the port on which the request arrived
   * @return the domain of the peer, without port
   */
  public String authenticate(
      HttpSignature.Request request,
      int localPort,
      @Nullable String input,
      @Nullable String signature)
      throws Refused {
    HttpSignature read =
        HttpSignature.read(input, signature).orElseThrow(PeerAuthentication::notVerified);
    long now = clock.instant().getEpochSecond();
    if (read.created() < now - WINDOW_SECONDS
        || read.created() > now + WINDOW_SECONDS
        || !isMeantForUs(request.host(), localPort)
        || !read.covers(signedFields, request)) {
      throw notVerified();
    }
    KeyId keyId = KeyId.parse(read.keyId()).orElseThrow(() -> new Refused(400, "invalid keyid"));
    verify(read, keyId, request);
    String peer = keyId.domain();
    if (!settings.trusts(peer)) {
      throw new Refused(403, "untrusted peer");
    }
    long validUntil = read.created() + WINDOW_SECONDS;
    // The memory of this node is asked first, because its bound then holds for the database too.
    if (!replays.isFirst(peer, read.signature(), validUntil, now)
        || !seen.isFirst(read.signature(), Instant.ofEpochSecond(validUntil))) {
      throw notVerified();
    }
    return peer;
  }

  private void verify(HttpSignature read, KeyId keyId, HttpSignature.Request request)
      throws Refused {
    try {
      byte[] key = keys.find(keyId).orElseThrow(PeerAuthentication::notVerified);
      if (!isSigned(read, key, request)
          && keys.replacement(keyId, key).filter(next -> isSigned(read, next, request)).isEmpty()) {
        throw notVerified();
      }
    } catch (CachedKeys.Busy busy) {
      throw new Refused(503, "the peer's key set is being fetched");
    }
  }

  private static Refused notVerified() {
    return new Refused(401, "signature verification failed");
  }

  private static boolean isSigned(
      HttpSignature signature, byte[] key, HttpSignature.Request request) {
    return SCHEMES.stream()
        .anyMatch(
            scheme ->
                signature.isBy(key, request, scheme + "://" + request.host() + request.path()));
  }

  /**
   * Otherwise a peer could replay here a handshake that another server sent to it. Without
   * FEDERATION_DOMAIN this server has no name but those of its own machine.
   */
  private boolean isMeantForUs(String host, int localPort) {
    return Domain.of(host).filter(called -> isOurs(called, localPort)).isPresent();
  }

  private boolean isOurs(Domain called, int localPort) {
    Optional<Domain> own = settings.domain().map(Domain::new);
    if (own.filter(domain -> domain.text().equals(called.text())).isPresent()) {
      return true;
    }
    return called.port() == localPort
        && (called.isLoopback()
            || own.filter(domain -> domain.host().equals(called.host())).isPresent());
  }
}
