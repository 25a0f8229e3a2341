package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.trust.FederationHttp;
import dev.betterbase.sync.federation.trust.HttpSignature;
import dev.betterbase.sync.federation.trust.PeerAuthentication;
import dev.betterbase.sync.federation.trust.SigningKey;
import dev.betterbase.sync.federation.trust.SigningKeys;
import dev.betterbase.sync.protocol.Failure;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.client.CoreClientUpgradeRequest;
import org.eclipse.jetty.websocket.core.client.WebSocketCoreClient;
import org.eclipse.jetty.websocket.core.exception.UpgradeException;

/** Opens signed connections to home servers (auth.md, HTTP signature). */
@ApplicationScoped
public class HomeDialer {
  private static final String SUBPROTOCOL = "betterbase-rpc-v1";

  /**
   * The whole handshake may take as long as the call that needs it: a home may first have to fetch
   * this server's key set. {@link FederationHttp} bounds the look-up and the connect.
   */
  private static final long HANDSHAKE_MILLIS = TimeUnit.NANOSECONDS.toMillis(CallTime.NANOS);

  /** Beyond the time-out of the handshake, should the client not obey it. */
  private static final long GRACE_MILLIS = 1_000;

  private static final int UNAUTHORIZED = 401;

  @Inject private FederationHttp http;
  @Inject private SigningKeys keys;

  private WebSocketCoreClient client;

  /** Ed25519 is deterministic, so two signatures of the same second would be a replay. */
  private final AtomicLong lastCreated = new AtomicLong();

  /** The scheme, by host, under which a peer behind a TLS proxy has verified a signature. */
  private final Map<String, String> schemes = new ConcurrentHashMap<>();

  @PostConstruct
  void start() {
    client = new WebSocketCoreClient(http.client(), new WebSocketComponents());
    try {
      client.start();
    } catch (Exception e) {
      throw new IllegalStateException("the WebSocket client does not start", e);
    }
  }

  @PreDestroy
  void stop() {
    LifeCycle.stop(client);
  }

  /** Whether this server can sign, and so call others. */
  boolean canCall() {
    return keys.primary().isPresent();
  }

  /**
   * Opens a connection.
   *
   * @param sessions makes the session for one try
   * @return the open session. Completes within {@link CallTime#NANOS} and a second, or twice that
   *     if the home verifies the other scheme only.
   */
  CompletableFuture<HomeSession> dial(HomeAddress address, Supplier<HomeSession> sessions) {
    String scheme = schemes.getOrDefault(address.host(), address.uri().getScheme());
    return verified(address, scheme, sessions.get())
        .exceptionallyCompose(
            failure ->
                scheme.equals("wss") && isUnauthorized(failure)
                    // The earlier release verifies only ws, even if wss was dialled.
                    ? verified(address, "ws", sessions.get())
                    : CompletableFuture.failedFuture(failure));
  }

  private CompletableFuture<HomeSession> verified(
      HomeAddress address, String scheme, HomeSession session) {
    return dial(address, scheme, session)
        .thenApply(
            open -> {
              schemes.put(address.host(), scheme);
              return open;
            });
  }

  private CompletableFuture<HomeSession> dial(
      HomeAddress address, String scheme, HomeSession session) {
    CompletableFuture<CoreSession> opening;
    try {
      SigningKey key =
          keys.primary().orElseThrow(() -> new Failure.Internal(new IOException("no signing key")));
      CoreClientUpgradeRequest request =
          CoreClientUpgradeRequest.from(client, address.uri(), session);
      request.setSubProtocols(SUBPROTOCOL);
      Map<String, String> signature =
          HttpSignature.sign(key, address.target(scheme), address.hostField(), nextCreated());
      request.headers(fields -> signature.forEach(fields::put));
      request.timeout(HANDSHAKE_MILLIS, TimeUnit.MILLISECONDS);
      opening = client.connect(request);
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    return opening
        .orTimeout(HANDSHAKE_MILLIS + GRACE_MILLIS, TimeUnit.MILLISECONDS)
        .thenApply(
            open -> {
              if (!SUBPROTOCOL.equals(open.getNegotiatedSubProtocol())) {
                session.abort();
                throw new CompletionException(new IOException("another subprotocol"));
              }
              return session;
            });
  }

  private long nextCreated() {
    long now = Instant.now().getEpochSecond();
    return lastCreated.updateAndGet(last -> created(now, last));
  }

  /**
   * The time of the next signature: now, or a second after the last one if that is later. A last
   * one that peers would refuse as lying too far ahead is ignored: the clock has been set back.
   *
   * @param now seconds since 1970
   * @param last the time of the last signature; 0 if there is none
   */
  static long created(long now, long last) {
    return last - now > PeerAuthentication.WINDOW_SECONDS ? now : Math.max(now, last + 1);
  }

  private static boolean isUnauthorized(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof UpgradeException upgrade
        && upgrade.getResponseStatusCode() == UNAUTHORIZED;
  }
}
