package dev.betterbase.sync.rpc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.identity.AccessTokenVerifier;
import dev.betterbase.sync.identity.FixedKeySet;
import dev.betterbase.sync.identity.Jwks;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.rpc.method.RpcHandler;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Limits;
import dev.betterbase.sync.settings.PersonalSpacePolicy;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The connections of a node whose sockets and clocks the test controls. Tokens, frames and
 * everything between them are real.
 */
public final class TestNode {

  /** The trusted issuer. */
  static final int SEND_BUDGET = 1 << 30;

  public static final String ISSUER = "https://accounts.example.com";

  /** From which address a client comes if a test names no other. */
  static final ClientAddress ADDRESS = ClientAddress.of("192.0.2.7");

  private static final ECKey KEY = key();

  /** Tokens by their claims: thousands of tests ask for the same. */
  private static final Map<String, String> SIGNED = new ConcurrentHashMap<>();

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final List<Runnable> streamTasks = new ArrayList<>();
  private final List<RpcConnection> gone = new ArrayList<>();
  private final ConnectionContext context;
  private Instant time = Instant.parse("2026-11-23T12:00:00Z");
  private long nanos = 17;
  private long mostHeld = Long.MAX_VALUE;

  /** A node with the given methods and {@code token.refresh}. */
  public TestNode(RpcHandler<?>... handlers) {
    this(Limits.defaults(), handlers);
  }

  /** A node that serves its connections the methods of these callers. */
  public TestNode(RpcHandler.Callers callers, RpcHandler<?>... handlers) {
    this(Limits.defaults(), callers, handlers);
  }

  TestNode(Limits limits, RpcHandler<?>... handlers) {
    this(limits, RpcHandler.Callers.CLIENTS, handlers);
  }

  private TestNode(Limits limits, RpcHandler.Callers callers, RpcHandler<?>... handlers) {
    var verifier =
        new AccessTokenVerifier(
            Map.of(ISSUER, new FixedKeySet(publicKeys())),
            Set.of(),
            PersonalSpacePolicy.CLAIM,
            Duration.ZERO,
            () -> time);
    var security = new SecurityLog(Optional.empty(), () -> nanos, line -> {});
    var authenticator = new Authenticator(verifier, token -> token);
    var methods = new ArrayList<RpcHandler<?>>(List.of(handlers));
    // This node's tokens are verified by its own clock and keys.
    methods.removeIf(TokenRefreshHandler.class::isInstance);
    methods.add(new TokenRefreshHandler(authenticator, security));
    var metrics = new RpcMetrics(meters, RequestSpans.NONE, new RecentFaults(), callers);
    context =
        new ConnectionContext(
            limits,
            authenticator,
            new Dispatcher(methods, callers, metrics),
            security,
            new ConnectionSlots(limits.maxConnectionsPerMailbox(), ConnectionSlots.OtherNodes.NONE),
            new FrameRates(limits.framesPerSecond(), () -> nanos),
            new WaitingRoom(limits.maxUnauthenticated(), () -> nanos),
            metrics,
            new SendBudget(SEND_BUDGET),
            Streams.Limits.CLIENT,
            new FairExecutor(streamTasks::add, Integer.MAX_VALUE, () -> mostHeld),
            () -> time,
            () -> nanos,
            new Random(1),
            gone::add);
  }

  /** The metrics of this node. */
  MeterRegistry meters() {
    return meters;
  }

  SendBudget sendBudget() {
    return context.sendBudget();
  }

  /** Opens a connection that has not authenticated yet. */
  RpcConnection open(FakeTransport transport) {
    return open(transport, ADDRESS);
  }

  /** Opens a connection from an address that has not authenticated yet. */
  RpcConnection open(FakeTransport transport, ClientAddress address) {
    var connection = new RpcConnection(context, transport, address);
    context.waitingRoom().enter(connection, address);
    return connection;
  }

  /** Opens a connection and authenticates it. */
  public RpcConnection connect(FakeTransport transport, String subject) {
    RpcConnection connection = open(transport);
    FakeTransport.deliver(connection, auth(token(subject)));
    return connection;
  }

  /** Opens a connection and authenticates it with a token that names a DID. */
  public RpcConnection connect(FakeTransport transport, String subject, String did) {
    RpcConnection connection = open(transport);
    FakeTransport.deliver(connection, auth(token(subject, claims -> claims.claim("did", did))));
    return connection;
  }

  /** Goes on under a token that names another DID, by a request, on a node that has the method. */
  public void refresh(RpcConnection connection, String subject, String did) {
    String token = token(subject, claims -> claims.claim("did", did));
    FakeTransport.deliver(
        connection, Frames.request("refresh", "token.refresh", Map.of("token", token)));
  }

  /** Advances both clocks, without a tick. */
  void pass(Duration duration) {
    nanos += duration.toNanos();
    time = time.plus(duration);
  }

  /** Runs the waiting steps of all streams until none is left. */
  void runStreams() {
    while (!streamTasks.isEmpty()) {
      streamTasks.removeFirst().run();
    }
  }

  /** Runs one step of one stream. */
  void runOneStreamStep() {
    streamTasks.removeFirst().run();
  }

  /** Lets the streams of one person go on only while they hold at most so many bytes. */
  void limitStreams(long bytes) {
    mostHeld = bytes;
  }

  boolean hasStreamSteps() {
    return !streamTasks.isEmpty();
  }

  List<RpcConnection> gone() {
    return gone;
  }

  WaitingRoom waitingRoom() {
    return context.waitingRoom();
  }

  static byte[] auth(String token) {
    return FrameWriter.notification(
        "auth", params -> params.beginMap(1).field("token", token).endMap());
  }

  String token(String subject) {
    return token(subject, claims -> {});
  }

  /** A token that expires after this time, which may be negative. */
  String token(String subject, Duration life) {
    return token(subject, claims -> claims.expirationTime(Date.from(time.plus(life))));
  }

  /** A token that is valid for an hour, with changes. */
  String token(String subject, Consumer<JWTClaimsSet.Builder> change) {
    var claims =
        new JWTClaimsSet.Builder()
            .issuer(ISSUER)
            .subject(subject)
            .claim("client_id", "client")
            .claim("scope", "sync files")
            .expirationTime(Date.from(time.plus(Duration.ofHours(1))));
    change.accept(claims);
    JWTClaimsSet all = claims.build();
    return SIGNED.computeIfAbsent(all.toString(), unsigned -> sign(all));
  }

  private static String sign(JWTClaimsSet claims) {
    try {
      var jwt =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(KEY.getKeyID()).build(), claims);
      jwt.sign(new ECDSASigner(KEY));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ECKey key() {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID("key-1").generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Jwks publicKeys() {
    try {
      return Jwks.parse(new JWKSet(KEY.toPublicJWK()).toString());
    } catch (ParseException e) {
      throw new IllegalStateException(e);
    }
  }
}
