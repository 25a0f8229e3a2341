package dev.betterbase.sync.launcher.command;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.betterbase.sync.identity.PersonalSpace;
import dev.betterbase.sync.testing.DevelopmentServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.RawHttp.Response;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** config.md, Development mode: {@code serve --dev}, its issuer and its pages. */
@IntegrationTest
@Order(1)
class DevelopmentModeIT {
  private static final String TOKEN = "/dev/token?sub=alice";

  private static ServerProcess server;

  @BeforeAll
  static void start() {
    server = DevelopmentServer.shared();
  }

  private static Response get(String target, String... lines) {
    return RawHttp.exchange(server.port(), "GET", target, lines);
  }

  private static JsonNode json(Response response) throws IOException {
    assertThat(response.status()).as(response.all()).isEqualTo(200);
    return new JsonMapper().readTree(response.body());
  }

  private static String header(Response response, String name) {
    List<String> values = response.headers().get(name);
    assertThat(values).as(name).hasSize(1);
    return requireNonNull(values).getFirst();
  }

  /** With CORS headers, any web page could read a token. */
  private static void assertNoCors(Response response) {
    assertThat(response.headers().keySet())
        .noneMatch(name -> name.startsWith("access-control-") || name.equals("x-protocol-version"));
  }

  private static void assertRefused(Response response) {
    assertThat(response.status()).as(response.all()).isEqualTo(403);
    assertThat(response.body()).startsWith("{\"error\":\"development tokens ");
    assertNoCors(response);
  }

  @Test
  void aTokenAdmitsToThePersonalSpaceOfItsUser() throws IOException {
    JsonNode minted = json(get(TOKEN, "Host: localhost:5379"));

    String space = minted.get("personal_space_id").textValue();
    assertThat(space)
        .isEqualTo(
            PersonalSpace.idOf("http://localhost:5379/dev", "alice", "development").toString());
    assertThat(minted.get("mailbox_id").textValue()).matches("[0-9a-f]{64}");
    assertThat(Instant.parse(minted.get("expires_at").textValue())).isAfter(Instant.now());
    try (WireClient client = WireClient.open(server.port())) {
      client.authenticate(minted.get("token").textValue());
      JsonNode result = client.request("subscribe", Requests.subscribe(space, 0)).ok();
      assertThat(result.get("spaces")).hasSize(1);
    }
  }

  @Test
  void namesMayBeInAnyScript() throws IOException {
    JsonNode minted =
        json(get("/dev/token?sub=%C3%BC%E6%97%A5&client_id=notes&ttl=60", "Host: localhost"));

    assertThat(minted.get("personal_space_id").textValue())
        .isEqualTo(PersonalSpace.idOf("http://localhost:5379/dev", "ü日", "notes").toString());
  }

  @Test
  void theAnswerIsNeitherCachedNorShared() {
    Response response = get(TOKEN, "Host: 127.0.0.1", "Origin: http://localhost:3000");

    assertThat(response.status()).isEqualTo(200);
    assertThat(response.headers().get("cache-control")).containsExactly("no-store");
    assertNoCors(response);
  }

  /** The page to try the server asks for them. This server trusts no other. */
  @Test
  void anotherServerIsOfferedOnlyIfItIsTrusted() {
    Response peers = get("/dev/peers", "Host: localhost");
    assertThat(peers.status()).isEqualTo(200);
    assertThat(peers.body()).isEqualTo("{\"domain\":\"\",\"peers\":[]}");
    assertNoCors(peers);
    Response refused =
        get("/dev/peer-token?sub=alice&server=127.0.0.1:" + server.port(), "Host: localhost");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body())
        .isEqualTo("{\"error\":\"server: expected a trusted server of this machine\"}");
    assertRefused(get("/dev/peers", "Host: evil.example"));
    assertRefused(get("/dev/peer-token?sub=alice", "Host: localhost\r\nOrigin: null"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: evil.example",
        "Host: localhost.evil.example:5379",
        "Host: 10.0.0.1",
        "Host: localhost\r\nOrigin: https://evil.example",
        "Host: localhost\r\nOrigin: null",
        "Host: localhost\r\nForwarded: for=203.0.113.9",
        "Host: localhost\r\nX-Forwarded-For: 127.0.0.1",
        "Host: localhost\r\nX-Forwarded-Host: localhost",
        "Host: localhost\r\nx-forwarded-proto: https"
      })
  void aRequestFromElsewhereIsRefused(String lines) {
    assertRefused(get(TOKEN, lines));
    assertRefused(get("/dev/other", lines));
  }

  /** As on every server, before any part of the application sees the request. */
  @Test
  void aRequestWithTwoHostsIsRefused() {
    Response response = get(TOKEN, "Host: localhost\r\nHost: evil.example");
    assertThat(response.status()).as(response.all()).isEqualTo(400);
    assertThat(response.body()).isEmpty();
  }

  @Test
  void aRequestWithoutAHostIsRefused() {
    assertRefused(RawHttp.exchange(server.port(), "GET " + TOKEN + " HTTP/1.0\r\n\r\n"));
  }

  @Test
  void aPreflightIsNotAllowed() {
    Response response = RawHttp.exchange(server.port(), "OPTIONS", TOKEN, "Host: localhost");

    assertThat(response.status()).isEqualTo(204);
    assertThat(response.body()).isEmpty();
    assertNoCors(response);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/dev/token",
        "/dev/token?sub=",
        "/dev/token?sub=alice&ttl=0",
        "/dev/token?sub=alice&ttl=x",
        "/dev/token?sub=alice&client_id=",
        "/dev/token?sub=alice&did=alice"
      })
  void aWrongParameterIs400(String target) {
    Response response = get(target, "Host: localhost");

    assertThat(response.status()).as(response.all()).isEqualTo(400);
    assertThat(response.body()).contains(": expected ");
    assertNoCors(response);
  }

  @Test
  void thereIsNothingButGetOfTheToken() {
    assertThat(get("/dev/", "Host: localhost").status()).isEqualTo(404);
    assertThat(get("/dev/token/", "Host: localhost").status()).isEqualTo(404);
    assertThat(get("/dev/token;x?sub=alice", "Host: localhost").status()).isEqualTo(404);
    assertThat(get("/%64ev/token?sub=alice", "Host: localhost").status()).isEqualTo(401);
    assertThat(
            RawHttp.exchange(server.port(), "POST", TOKEN, "Host: localhost", "Content-Length: 0")
                .status())
        .isEqualTo(405);
  }

  @Test
  void aServerInProductionHasNoDevelopmentIssuer() {
    Response response =
        RawHttp.exchange(TestServer.shared().process().port(), "GET", TOKEN, "Host: localhost");

    assertThat(response.status()).isEqualTo(401);
    assertThat(response.body()).isEqualTo("{\"error\":\"missing authorization\"}");
  }

  // ---- the pages

  @Test
  void theFirstPageIsTheOneToTryTheServer() {
    Response response = get("/", "Host: localhost");

    assertThat(response.status()).as(response.all()).isEqualTo(200);
    assertThat(response.headers().get("content-type")).containsExactly("text/html; charset=utf-8");
    assertThat(header(response, "content-security-policy"))
        .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
        .doesNotContain("unsafe");
    assertThat(response.headers().get("x-content-type-options")).containsExactly("nosniff");
    assertThat(response.body()).contains("<title>See it sync").doesNotContain("<style", " style=");
    assertNoCors(response);
  }

  @ParameterizedTest
  @CsvSource({
    "/client/index.js, text/javascript",
    "/try/page.css, text/css",
    "/shared/icon.svg, image/svg+xml",
    "/protocol/methods.md, text/plain"
  })
  void thePageFindsItsParts(String path, String mediaType) {
    Response response = get(path, "Host: localhost");

    assertThat(response.status()).as(path).isEqualTo(200);
    assertThat(response.headers().get("content-type"))
        .containsExactly(mediaType + "; charset=utf-8");
    String etag = header(response, "etag");
    Response again = get(path, "Host: localhost\r\nIf-None-Match: " + etag);
    assertThat(again.status()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
  }

  /** What one visit of the page loads. */
  @Test
  void thePageIsSmall() throws IOException {
    int sum = 0;
    try (Stream<Path> files = Files.walk(Path.of("src/main/webapp"))) {
      for (Path file :
          files
              .filter(f -> f.toString().matches(".*/(client|try)/.*\\.(js|css|svg|html)"))
              .toList()) {
        String path = "/" + Path.of("src/main/webapp").relativize(file);
        Response response =
            get(
                path.equals("/try/index.html") ? "/" : path,
                "Host: localhost\r\nAccept-Encoding: gzip, br");
        assertThat(response.headers().get("content-encoding")).containsExactly("gzip");
        sum += Integer.parseInt(header(response, "content-length"));
      }
    }
    assertThat(sum).isBetween(10_000, 150_000);
  }

  @Test
  void thereAreNoOtherFiles() {
    for (String path :
        List.of(
            "/try/index.html", "/try/", "/client/", "/client/package.json", "/client/../", "//")) {
      assertThat(get(path, "Host: localhost").status()).as(path).isIn(400, 401);
    }
    assertThat(
            RawHttp.exchange(server.port(), "POST", "/", "Host: localhost", "Content-Length: 0")
                .status())
        .isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/try/page.css",
        "/client/index.js",
        "/protocol/methods.md",
        "/pages/try/index.html"
      })
  void aServerInProductionHasNoPages(String path) {
    TestServer production = TestServer.shared();
    int port = production.process().port();

    Response stranger = RawHttp.exchange(port, "GET", path, "Host: localhost");
    assertThat(stranger.status()).isEqualTo(401);
    assertThat(stranger.body()).isEqualTo("{\"error\":\"missing authorization\"}");

    String bearer = "Authorization: Bearer " + production.newUser().token();
    Response user = RawHttp.exchange(port, "GET", path, "Host: localhost", bearer);
    Response unknown = RawHttp.exchange(port, "GET", "/unknown", "Host: localhost", bearer);
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(user.status()).isEqualTo(unknown.status());
    assertThat(user.body()).isEqualTo(unknown.body());
    assertThat(user.headers().get("content-security-policy"))
        .isEqualTo(unknown.headers().get("content-security-policy"));
  }

  @Test
  void theLogWarnsOfTheDevelopmentMode() {
    assertThat(server.output()).contains("DEVELOPMENT MODE");
  }

  @Test
  void itListensOnLoopbackOnly() {
    assertThat(server.output()).contains("listening on 127.0.0.1:" + server.port());
  }

  @Test
  void aSecondServerOnTheSameDataIsRefused() throws Exception {
    JarCommand second = JarCommand.run(server.folder(), "serve", "--dev");
    assertThat(second.code()).isEqualTo(1);
    assertThat(second.output())
        .startsWith("betterbase-sync: another betterbase-sync (process " + server.pid() + ")");
    assertThat(server.health()).hasValue(200);
  }
}
