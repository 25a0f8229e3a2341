package dev.betterbase.sync.http;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.ReverseProxy;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server behind nginx, HAProxy and Caddy, with the configurations in {@code server-config}. */
@IntegrationTest
@Timeout(300)
class ReverseProxyIT {
  private static final String NGINX = "nginx";
  private static final String BUFFERING_NGINX = "nginx that buffers";
  private static final String HAPROXY = "HAProxy";
  private static final String CADDY = "Caddy";

  private static final Map<String, IntFunction<ReverseProxy>> KINDS =
      Map.of(
          NGINX, ReverseProxy::nginx,
          BUFFERING_NGINX, ReverseProxy::bufferingNginx,
          HAPROXY, ReverseProxy::haproxy,
          CADDY, ReverseProxy::caddy);

  private static TestServer server;
  private static Map<String, ReverseProxy> proxies;

  @BeforeAll
  static void start() {
    server = SharedServers.peered();
    int port = server.process().port();
    proxies =
        KINDS.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, kind -> kind.getValue().apply(port)));
  }

  @AfterAll
  static void stop() {
    proxies.values().forEach(ReverseProxy::close);
  }

  private static int port(String proxy) {
    return Objects.requireNonNull(proxies.get(proxy)).port();
  }

  @ParameterizedTest
  @ValueSource(strings = {NGINX, BUFFERING_NGINX, HAPROXY, CADDY})
  void passesAWebSocketOn(String proxy) {
    TestUser user = server.newUser();
    try (WireClient near = server.connect(user);
        WireClient far = WireClient.open(port(proxy)).authenticate(user.token())) {
      near.request("subscribe", subscribe(user.personalSpace(), 0)).ok();
      far.request("subscribe", subscribe(user.personalSpace(), 0)).ok();
      String there = newId();
      far.request("push", push(user.personalSpace(), put(there, 0, blob(900_000)))).ok();
      assertThat(near.expectNotification("sync").at("/records/0/id").asText()).isEqualTo(there);
      String back = newId();
      near.request("push", push(user.personalSpace(), put(back, 0, blob(900_000)))).ok();
      assertThat(far.expectNotification("sync").at("/records/0/id").asText()).isEqualTo(back);
    }
    WireClient refused = WireClient.open(port(proxy)).authenticate("not a token");
    assertThat(refused.awaitClose(Duration.ofSeconds(10)).code()).isEqualTo(4000);
  }

  @ParameterizedTest
  @ValueSource(strings = {NGINX, BUFFERING_NGINX, HAPROXY, CADDY})
  void passesFilesOn(String proxy) {
    TestUser user = server.newUser();
    String record = newId();
    try (WireClient client = server.connect(user)) {
      client.request("push", push(user.personalSpace(), put(record, 0, blob(9), dek(1)))).ok();
    }
    String token = user.issuer().token().of(user).claim("scope", "sync files").sign();
    FileClient files = new FileClient(port(proxy), token, null, user.personalSpace());
    String file = newId();
    byte[] bytes = blob(8_000_000);
    assertThat(files.put(file, record, bytes)).isEqualTo(201);
    assertThat(files.get(file).body()).isEqualTo(bytes);
    assertThat(files.get(file, "Range", "bytes=7999990-").body()).hasSize(10);
    assertThat(files.head(file).headers().firstValueAsLong("Content-Length")).hasValue(8_000_000);

    // A request that the server refuses before it has read the file.
    FileClient stranger = new FileClient(port(proxy), "not a token", null, user.personalSpace());
    assertThat(stranger.put(newId(), record, bytes)).isEqualTo(401);
    // A header that is just too long for the server reaches it.
    var response = new FileClient(port(proxy), token, "x".repeat(65_537), newId()).get(newId());
    assertThat(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo("{\"error\":\"X-UCAN header too large\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {NGINX, BUFFERING_NGINX, HAPROXY, CADDY})
  void passesOtherRequestsOn(String proxy) throws IOException {
    assertThat(RawHttp.exchange(port(proxy), "HEAD", "/health", "Host: sync").status())
        .isEqualTo(200);
    String health = RawHttp.exchange(port(proxy), "GET", "/health", "Host: sync").body();
    assertThat(new JsonMapper().readTree(health).get("status").textValue()).isEqualTo("healthy");
    assertThat(RawHttp.exchange(port(proxy), "GET", "/api/v1/ws", "Host: sync").status())
        .isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {NGINX, HAPROXY, CADDY})
  void encrypts(String proxy) {
    TestUser user = server.newUser();
    int encrypted = Objects.requireNonNull(proxies.get(proxy)).encryptedPort();
    try (WireClient client = WireClient.openEncrypted(encrypted).authenticate(user.token())) {
      client.request("push", push(user.personalSpace(), put(newId(), 0, blob(900_000)))).ok();
    }
    try (WebSocketWire wire = WebSocketWire.connectEncrypted(encrypted)) {
      assertThat(wire.handshake("/api/v1/ws").header("Strict-Transport-Security"))
          .contains("max-age=31536000");
    }
  }

  /** What a client claims about its address does not count, and its own address does. */
  @ParameterizedTest
  @ValueSource(strings = {NGINX, HAPROXY, CADDY})
  void saysTheAddressOfTheClient(String proxy) throws IOException {
    try (ServerSocket upstream = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        ReverseProxy front =
            Objects.requireNonNull(KINDS.get(proxy)).apply(upstream.getLocalPort())) {
      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), front.port())) {
        client
            .getOutputStream()
            .write(
                """
                GET /health HTTP/1.1\r
                Host: sync\r
                X-Forwarded-For: 203.0.113.9\r
                Forwarded: for=203.0.113.9\r
                \r
                """
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(forwardedRequest(upstream))
            .containsIgnoringCase("X-Forwarded-For: 127.0.0.1\r\n")
            .doesNotContain("203.0.113.9");
      }
    }
  }

  /** The head of the client's request; a health check of the proxy may come before it. */
  private static String forwardedRequest(ServerSocket upstream) throws IOException {
    upstream.setSoTimeout(20_000);
    while (true) {
      try (Socket socket = upstream.accept()) {
        socket.setSoTimeout(20_000);
        StringBuilder head = new StringBuilder();
        int next = 0;
        while (!head.toString().endsWith("\r\n\r\n") && next >= 0) {
          next = socket.getInputStream().read();
          head.append((char) next);
        }
        if (head.toString().toLowerCase(Locale.ROOT).contains("x-forwarded-for")) {
          return head.toString();
        }
        socket
            .getOutputStream()
            .write(
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      }
    }
  }

  /** For longer than the proxies wait for a silent server or client. */
  @Test
  @NightlyTest
  void keepalivesHoldSilentWebSockets() {
    TestUser user = server.newUser();
    List<WireClient> clients =
        proxies.values().stream()
            .map(proxy -> WireClient.open(proxy.port()))
            .map(client -> client.authenticate(user.withOwnMailbox().token()))
            .toList();
    // A thread for each: one that does not read answers no pings.
    try (ExecutorService readers = Executors.newFixedThreadPool(clients.size())) {
      clients.forEach(client -> readers.execute(() -> client.readFor(Duration.ofSeconds(100))));
    }
    for (WireClient client : clients) {
      client.request("push", push(user.personalSpace(), put(newId(), 0, blob(9)))).ok();
      client.close();
    }
  }
}
