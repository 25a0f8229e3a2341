package dev.betterbase.sync.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An issuer of access tokens on loopback. Its key set at {@code /.well-known/jwks.json} can change,
 * be slow, or be unreachable.
 */
public final class TestIssuer implements AutoCloseable {
  private final String host;
  private final @Nullable TestCertificate certificate;
  private final int port = Ports.free();
  private final List<JWK> published = new CopyOnWriteArrayList<>();
  private final AtomicInteger fetches = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile Duration delay = Duration.ZERO;
  private volatile ECKey signing;
  private HttpServer server;

  private TestIssuer(String host, @Nullable TestCertificate certificate) {
    this.host = host;
    this.certificate = certificate;
    this.signing = newKey(UUID.randomUUID().toString());
    published.add(signing.toPublicJWK());
  }

  /** A new issuer whose key set is reachable. */
  public static TestIssuer start() {
    return start("127.0.0.1");
  }

  /**
   * A new issuer whose key set is reachable, with another name of loopback in its URL, or the
   * address of IPv6 in brackets.
   */
  public static TestIssuer start(String host) {
    TestIssuer issuer = new TestIssuer(host, null);
    issuer.up();
    return issuer;
  }

  /**
   * A new issuer whose key set is reachable over TLS, with a certificate that Java trusts if it
   * gets the arguments of {@link #trusted}.
   */
  public static TestIssuer encrypted() {
    try {
      TestIssuer issuer =
          new TestIssuer(
              "localhost",
              TestCertificate.make(Files.createTempDirectory("issuer"), "san=dns:localhost"));
      issuer.up();
      return issuer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The arguments with which Java trusts the certificate of this issuer, and no other. */
  public List<String> trusted() {
    return certificate == null ? List.of() : certificate.trusted();
  }

  /** A new issuer that makes tokens, but whose key set is unreachable until {@link #up}. */
  public static TestIssuer down() {
    return new TestIssuer("127.0.0.1", null);
  }

  /** The name of the issuer, as in the claim {@code iss} and in TRUSTED_ISSUERS. */
  public String url() {
    return (certificate == null ? "http://" : "https://") + host + ":" + port;
  }

  /** Starts to serve the key set, the first time or again, on the same port. */
  public synchronized void up() {
    try {
      InetAddress address =
          host.startsWith("[") ? InetAddress.getByName(host) : InetAddress.getLoopbackAddress();
      server = certificate == null ? HttpServer.create() : encryptedServer(certificate);
      server.bind(new InetSocketAddress(address, port), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/.well-known/jwks.json", this::serveKeys);
    server.start();
  }

  private static HttpServer encryptedServer(TestCertificate certificate) throws IOException {
    HttpsServer made = HttpsServer.create();
    made.setHttpsConfigurator(new HttpsConfigurator(certificate.serverContext()));
    return made;
  }

  /** Stops to serve the key set: connections are refused. Tokens can still be made. */
  public synchronized void stop() {
    server.stop(0);
  }

  /** The number of requests for the key set so far. */
  public int fetches() {
    return fetches.get();
  }

  /** Delays every answer from now on. */
  public void slow(Duration value) {
    delay = value;
  }

  /** Signs with a new key from now on, and publishes only that key. */
  public void rotate() {
    addKey();
    published.removeIf(key -> !key.getKeyID().equals(signing.getKeyID()));
  }

  /** Signs with a new key of the same key id from now on, and publishes only that key. */
  public void replaceKey() {
    signing = newKey(signing.getKeyID());
    published.add(signing.toPublicJWK());
    published.subList(0, published.size() - 1).clear();
  }

  /** Signs with a new key from now on, and publishes it beside the old ones. */
  public void addKey() {
    signing = newKey(UUID.randomUUID().toString());
    published.add(signing.toPublicJWK());
  }

  /** Starts a token. By default, every claim has a valid value. */
  public Token token() {
    return new Token();
  }

  /** A builder of tokens. */
  public final class Token {
    private final JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder();
    private ECKey key = signing;

    private Token() {
      claims.issuer(url());
      claims.subject("user-" + UUID.randomUUID());
      claims.claim("client_id", "test-client");
      claims.claim("scope", "sync");
      claims.issueTime(Date.from(Instant.now()));
      claims.expirationTime(Date.from(Instant.now().plus(Duration.ofHours(2))));
    }

    /** Sets the claims of a user, including the personal space. */
    public Token of(TestUser user) {
      claims.subject(user.subject());
      claims.claim("client_id", user.client());
      claims.claim("personal_space_id", user.personalSpace());
      user.mailbox().ifPresent(value -> claims.claim("mailbox_id", value));
      return this;
    }

    /** Sets any claim; null removes it. */
    public Token claim(String name, Object value) {
      claims.claim(name, value);
      return this;
    }

    /** Sets the expiry relative to now, cut to whole seconds; it may be in the past. */
    public Token expiresIn(Duration value) {
      claims.expirationTime(Date.from(Instant.now().plus(value)));
      return this;
    }

    /** Signs with a key that is not published, and names its key id. */
    public Token signedByStranger() {
      key = newKey(UUID.randomUUID().toString());
      return this;
    }

    /** Signs the token and returns its compact text. */
    public String sign() {
      try {
        SignedJWT jwt =
            new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(),
                claims.build());
        jwt.sign(new ECDSASigner(key));
        return jwt.serialize();
      } catch (JOSEException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void serveKeys(HttpExchange exchange) throws IOException {
    fetches.incrementAndGet();
    try (exchange) {
      Thread.sleep(delay.toMillis());
      byte[] body = new JWKSet(published).toString().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ECKey newKey(String keyId) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(keyId).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized void close() {
    if (server != null) {
      server.stop(0);
    }
    threads.shutdownNow();
    if (certificate != null) {
      certificate.close();
    }
  }
}
