package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.FederationSettings;
import dev.betterbase.sync.settings.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The trusted servers, and their use of quotas. */
@ApplicationScoped
public class Peers {
  @Inject private Settings settings;
  @Inject private FederationHttp http;
  @Inject private PeerSignatureStore signatures;
  @Inject private PeerUseElsewhere elsewhere;

  private final Map<String, PeerQuota> quotas = new ConcurrentHashMap<>();

  /** Only trusted domains, so there are few. */
  private final Set<String> paused = ConcurrentHashMap.newKeySet();

  private PeerAuthentication handshakes;
  private PeerAuthentication files;
  private SubscribeTokens tokens;

  @PostConstruct
  void prepare() {
    var keys = new PeerKeys(federation(), http::fetch, System::nanoTime);
    handshakes =
        PeerAuthentication.ofHandshakes(
            federation(), keys, InstantSource.system(), signatures::isFirst);
    files =
        PeerAuthentication.ofFiles(federation(), keys, InstantSource.system(), signatures::isFirst);
    tokens =
        new SubscribeTokens(
            federation().fstSecret().map(SubscribeTokenKey::new).orElseGet(Peers::passingKey),
            federation().fstPreviousSecret().map(SubscribeTokenKey::new).orElse(null),
            InstantSource.system());
  }

  /**
   * Without a configured secret, tokens are valid until this server stops; peers then subscribe
   * again with UCANs.
   */
  private static SubscribeTokenKey passingKey() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    return new SubscribeTokenKey(secret);
  }

  private FederationSettings federation() {
    return settings.federation();
  }

  /** Whether this server accepts peers at all. */
  public boolean isEnabled() {
    return federation().isEnabled();
  }

  /** The trusted domains, sorted. */
  public List<String> domains() {
    return federation().trustedDomains().stream().sorted().toList();
  }

  /** Issues and verifies subscribe tokens. */
  public SubscribeTokens tokens() {
    return tokens;
  }

  /**
   * Whether a server is trusted.
   *
   * @param domain in any spelling, or a URL
   */
  public boolean trusts(String domain) {
    return Domain.of(domain).map(Domain::host).filter(federation()::trusts).isPresent();
  }

  /** Whether this server may call another: see {@link FederationSettings#mayCall}. */
  public boolean mayCall(Domain domain) {
    return federation().mayCall(domain);
  }

  /** Authenticates the handshakes of peers. */
  public PeerAuthentication handshakes() {
    return handshakes;
  }

  /** Authenticates the file requests of peers. */
  public PeerAuthentication files() {
    return files;
  }

  /**
   * The quotas of a trusted peer and its use of them.
   *
   * @param peer its domain, without port
   */
  public PeerQuota quota(String peer) {
    return quotas.computeIfAbsent(
        peer, each -> new PeerQuota(each, federation().quotas(), elsewhere, System::nanoTime));
  }

  /**
   * Tells the other nodes what peers use here.
   *
   * @param again whether to tell also of those whose use has not changed
   */
  void tellUsage(boolean again) {
    quotas.values().forEach(quota -> quota.tell(again));
  }

  /** The quota of a domain in any spelling; empty if it is not trusted. */
  public Optional<PeerQuota> find(String domain) {
    return Optional.of(domain)
        .filter(this::trusts)
        .flatMap(Domain::of)
        .map(trusted -> quota(trusted.host()));
  }

  /**
   * Refuses the calls of a peer to this node, until it is resumed or the server stops.
   *
   * @param peer its domain, without port
   */
  public void pause(String peer) {
    paused.add(peer);
  }

  /** Takes the calls of a peer again. */
  public void resume(String peer) {
    paused.remove(peer);
  }

  /** Whether the calls of a peer are refused. */
  public boolean isPaused(String peer) {
    return paused.contains(peer);
  }

  /** The quotas of each peer. */
  public FederationSettings.Quotas limits() {
    return federation().quotas();
  }

  /** The number of connections of peers to this node. */
  public int connections() {
    return quotas.values().stream().mapToInt(quota -> quota.usage().connections()).sum();
  }
}
