package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.betterbase.sync.identity.CachedKeys;
import dev.betterbase.sync.settings.FederationSettings;
import dev.betterbase.sync.settings.KeyId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** federation.md, Keys: the listed ones, and the key sets of trusted domains, over real HTTP. */
class PeerKeysTest {
  private final FederationHttp http = new FederationHttp();
  private final List<URI> asked = new CopyOnWriteArrayList<>();
  private volatile String keySet = "{\"keys\":[]}";
  private volatile int status = 200;
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1);
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    http.start();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.add(exchange.getRequestURI());
          try (exchange) {
            byte[] body = keySet.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Location", "/.well-known/elsewhere");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    http.stop();
  }

  private String authority() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private KeyId id(String fragment) {
    return KeyId.parse("http://" + authority() + "/.well-known/jwks.json#" + fragment)
        .orElseThrow();
  }

  private PeerKeys keys(String domain, Map<String, String> listed, boolean fetches) {
    var settings =
        new FederationSettings(
            Optional.empty(),
            Set.of(domain),
            fetches,
            listed,
            Optional.empty(),
            Optional.empty(),
            new FederationSettings.Quotas(1, 1, 1, 1, 1));
    return new PeerKeys(settings, http::fetch, now::get);
  }

  private static String jwk(SigningKey key) {
    return "{\"kid\":\""
        + key.id()
        + "\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\""
        + key.publicKeyText()
        + "\"}";
  }

  /** Anyone may name a peer, so waiting for its keys must not take all threads of the server. */
  @Test
  @Timeout(30)
  void fewWaitForAKeySetThatHangs() throws Exception {
    FederationSettings settings = trustingThePeer();
    KeyId id = KeyId.parse("https://peer.example/.well-known/jwks.json#k").orElseThrow();
    SigningKey key = SigningKey.generate(id);
    var answer = new CompletableFuture<String>();
    PeerKeys keys =
        new PeerKeys(
            settings,
            url -> {
              asked.add(url);
              return answer;
            },
            now::get);
    int others = 30;
    var refused = new CountDownLatch(others);
    try (ExecutorService callers = Executors.newCachedThreadPool()) {
      List<Future<Optional<byte[]>>> found =
          Stream.generate(
                  () ->
                      callers.submit(
                          () -> {
                            try {
                              return keys.find(id);
                            } catch (CachedKeys.Busy busy) {
                              refused.countDown();
                              return Optional.<byte[]>empty();
                            }
                          }))
              .limit(PeerKeys.WAITING + others)
              .toList();
      refused.await();
      answer.complete("{\"keys\":[" + jwk(key) + "]}");
      int keysFound = 0;
      for (Future<Optional<byte[]>> each : found) {
        keysFound += each.get().isPresent() ? 1 : 0;
      }
      assertThat(keysFound).isEqualTo(PeerKeys.WAITING);
    }
    assertThat(keys.find(id)).as("nobody waits any more").isPresent();
    assertThat(asked).hasSize(1);
  }

  @Test
  void keySetOfATrustedDomainIsFetchedOnceAndAgainForANewKey() {
    SigningKey first = SigningKey.generate(id("first"));
    SigningKey second = SigningKey.generate(id("second"));
    keySet = "{\"keys\":[7,{\"kid\":\"x\"}," + jwk(first) + "]}";
    PeerKeys keys = keys(authority(), Map.of(), true);

    assertThat(keys.find(id("first"))).contains(first.publicKey());
    assertThat(keys.find(id("first"))).contains(first.publicKey());
    assertThat(asked).hasSize(1);

    keySet = "{\"keys\":[" + jwk(first) + "," + jwk(second) + "]}";
    assertThat(keys.find(id("second"))).contains(second.publicKey());
    assertThat(asked).hasSize(2);
    assertThat(keys.find(id("invented"))).isEmpty();
    assertThat(asked).hasSize(2);
    now.addAndGet(Duration.ofSeconds(31).toNanos());
    assertThat(keys.find(id("invented"))).isEmpty();
    assertThat(asked).hasSize(3);
  }

  @Test
  void keyThatWasReplacedUnderItsIdIsFetchedAgain() {
    SigningKey first = SigningKey.generate(id("k"));
    SigningKey second = SigningKey.generate(id("k"));
    keySet = "{\"keys\":[" + jwk(first) + "]}";
    PeerKeys keys = keys(authority(), Map.of(), true);
    byte[] known = keys.find(id("k")).orElseThrow();
    keySet = "{\"keys\":[" + jwk(second) + "]}";

    assertThat(keys.replacement(id("k"), known)).contains(second.publicKey());
    assertThat(keys.find(id("k"))).contains(second.publicKey());
    assertThat(keys.replacement(id("k"), keys.find(id("k")).orElseThrow())).isEmpty();
    assertThat(asked).hasSize(2);
    PeerKeys listing =
        keys(authority(), Map.of(first.id().toString(), first.publicKeyText()), true);
    assertThat(listing.replacement(id("k"), known)).isEmpty();
    assertThat(asked).hasSize(2);
  }

  @Test
  void keySetMayBeginWithAByteOrderMark() {
    SigningKey key = SigningKey.generate(id("k"));
    keySet = "\uFEFF{\"keys\":[" + jwk(key) + "]}";
    assertThat(keys(authority(), Map.of(), true).find(id("k"))).contains(key.publicKey());
  }

  @Test
  void listedKeyIsNotAskedFor() {
    SigningKey key = SigningKey.generate(id("listed"));
    PeerKeys keys = keys(authority(), Map.of(key.id().toString(), key.publicKeyText()), true);
    assertThat(keys.find(key.id())).contains(key.publicKey());
    assertThat(asked).isEmpty();
  }

  @Test
  void withoutNamedDomainsOnlyListedKeysCount() {
    keySet = "{\"keys\":[" + jwk(SigningKey.generate(id("k"))) + "]}";
    assertThat(keys(authority(), Map.of(), false).find(id("k"))).isEmpty();
    assertThat(asked).isEmpty();
  }

  @Test
  void redirectsAreNotFollowedAndRubbishIsNoKeySet() {
    PeerKeys keys = keys(authority(), Map.of(), true);
    status = 302;
    assertThat(keys.find(id("k"))).isEmpty();
    assertThat(asked).extracting(URI::getPath).containsExactly("/.well-known/jwks.json");
    for (String body : List.of("[]", "{\"keys\":{}}", "<html>", "")) {
      status = 200;
      keySet = body;
      now.addAndGet(Duration.ofSeconds(31).toNanos());
      assertThat(keys.find(id("k"))).isEmpty();
    }
    assertThat(asked).hasSize(5);
  }

  @Test
  void answerThatIsTooLongIsCutOff() {
    keySet = " ".repeat(1 << 20) + "{\"keys\":[" + jwk(SigningKey.generate(id("k"))) + "]}";
    assertThat(keys(authority(), Map.of(), true).find(id("k"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://peer.example/.well-known/jwks.json#k",
        "https://peer.example:8443/.well-known/jwks.json#k",
        "https://peer.example/.well-known/../admin#k",
        "https://peer.example/.well-known/jwks.json?x=1#k",
        "https://peer.example/.well-known/jwks.json",
        "https://other.example/.well-known/jwks.json#k",
        "https://peer.example.other.example/.well-known/jwks.json#k",
      })
  void nothingElseIsFetched(String keyId) {
    FederationSettings settings = trustingThePeer();
    PeerKeys keys =
        new PeerKeys(
            settings,
            url -> {
              asked.add(url);
              return CompletableFuture.completedFuture(keySet);
            },
            now::get);
    assertThat(keys.find(KeyId.parse(keyId).orElseThrow())).isEmpty();
    assertThat(asked).isEmpty();
    assertThat(keys.find(KeyId.parse("https://peer.example/.well-known/jwks.json#k").orElseThrow()))
        .isEmpty();
    assertThat(asked).containsExactly(URI.create("https://peer.example:443/.well-known/jwks.json"));
  }

  private static FederationSettings trustingThePeer() {
    return new FederationSettings(
        Optional.empty(),
        Set.of("peer.example"),
        true,
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        new FederationSettings.Quotas(1, 1, 1, 1, 1));
  }
}
