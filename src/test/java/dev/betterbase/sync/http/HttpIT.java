package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.RawHttp.Response;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What all responses have in common, which paths need a bearer token, and /health (http.md). */
@IntegrationTest
class HttpIT {
  private static final String HOST = "Host: localhost";

  private final TestServer server = TestServer.shared();
  private final int port = server.process().port();

  private Response request(String method, String target, String... lines) {
    String[] all = new String[lines.length + 1];
    all[0] = HOST;
    System.arraycopy(lines, 0, all, 1, lines.length);
    return RawHttp.exchange(port, method, target, all);
  }

  private String bearer() {
    return "Authorization: Bearer " + server.newUser().token();
  }

  private static void assertError(Response response, int status, String message) {
    assertThat(response.status()).as(response.all()).isEqualTo(status);
    assertThat(response.body()).isEqualTo("{\"error\":\"" + message + "\"}");
    assertThat(response.headers().get("content-type")).containsExactly("application/json");
    assertStandardHeaders(response);
  }

  private static void assertStandardHeaders(Response response) {
    Map.of(
            "X-Protocol-Version", "1",
            "Access-Control-Allow-Origin", "*",
            "Access-Control-Allow-Methods", "GET, PUT, HEAD, POST, OPTIONS",
            "Access-Control-Allow-Headers",
                "Content-Type, Content-Length, Authorization, X-UCAN, X-Wrapped-DEK, X-Record-ID,"
                    + " Range, If-None-Match",
            "Access-Control-Expose-Headers", "X-Wrapped-DEK, ETag, Content-Range, Accept-Ranges",
            "Access-Control-Max-Age", "86400",
            "X-Content-Type-Options", "nosniff",
            "Content-Security-Policy", "sandbox; default-src 'none'")
        .forEach(
            (name, value) ->
                assertThat(response.headers().get(name)).as(name).isEqualTo(List.of(value)));
    assertNamesNoProduct(response);
  }

  private static void assertNamesNoProduct(Response response) {
    assertThat(response.headers()).doesNotContainKeys("server", "x-powered-by", "x-frame-options");
    assertThat(response.all())
        .doesNotContainIgnoringCase("payara")
        .doesNotContainIgnoringCase("glassfish")
        .doesNotContainIgnoringCase("grizzly")
        .doesNotContainIgnoringCase("tyrus")
        .doesNotContainIgnoringCase("jersey")
        .doesNotContainIgnoringCase("wildfly")
        .doesNotContainIgnoringCase("undertow")
        .doesNotContainIgnoringCase("exception")
        .doesNotContainIgnoringCase("<html");
  }

  @Test
  void healthIsPublic() {
    Response response = request("GET", "/health");

    assertThat(response.status()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("{\"status\":\"healthy\"}");
    assertThat(response.headers().get("content-type")).containsExactly("application/json");
    assertStandardHeaders(response);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/live", "/ready", "/started"})
  void microProfileHealthIsPublic(String check) {
    Response response = request("GET", "/mp-health" + check);

    assertThat(response.status()).isEqualTo(200);
    assertThat(response.body()).contains("\"status\":\"UP\"");
    assertThat(response.body().contains("\"name\":\"database\""))
        .isEqualTo(check.isEmpty() || check.equals("/ready"));
    assertThat(response.body().contains("\"name\":\"server\""))
        .isNotEqualTo(check.equals("/ready"));
    assertThat(response.headers().get("content-type"))
        .singleElement(as(STRING))
        .startsWith("application/json");
    assertStandardHeaders(response);
    assertNamesNoProduct(response);
  }

  @Test
  void headOfHealthHasNoBody() {
    Response response = request("HEAD", "/health");

    assertThat(response.status()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
    assertStandardHeaders(response);
  }

  @Test
  void healthAnswersHttp10WithoutAHost() {
    for (String lines : List.of("", "Host: sync.example\r\n")) {
      Response response = RawHttp.exchange(port, "GET /health HTTP/1.0\r\n" + lines + "\r\n");

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("{\"status\":\"healthy\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/health",
        "/nothing/here",
        "/api/v1/ws",
        "/api/v1/federation/ws",
        "/api/v1/spaces/x/files/y",
        "/.well-known/jwks.json"
      })
  void optionsIsAnsweredOnAnyPath(String path) {
    Response response =
        request(
            "OPTIONS", path, "Origin: https://app.example", "Access-Control-Request-Method: PUT");

    assertThat(response.status()).isEqualTo(204);
    assertThat(response.body()).isEmpty();
    assertStandardHeaders(response);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/nothing/here",
        "/api/v1/federation/trusted",
        "/api/v1/spaces/x/files/y",
        "/metrics",
        "/openapi",
        "/mp-metrics",
        "/mp-health/",
        "/mp-health/other",
        "/mp-health/live;x=1",
        "/health/",
        "/health/live",
        "/health;x=1",
        "//health",
        "/x/../health",
        "/%68ealth",
        "/dev",
        "/dev/",
        "/dev/token?sub=alice",
        "/error-page",
        "/admin",
        "/admin/",
        "/admin/main.js",
        "/admin/api/figures",
        "/admin/api/session"
      })
  void everyOtherPathNeedsABearer(String path) {
    assertError(request("GET", path), 401, "missing authorization");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/nothing/here",
        "/api/v1/spaces/x/files/y",
        "/dev/token?sub=alice",
        "/error-page",
        "/x?y=%zz",
        "/admin",
        "/admin/",
        "/admin/main.js",
        "/admin/api/figures",
        "/admin/api/session"
      })
  void withABearerAnUnknownPathIs404(String path) {
    assertError(request("GET", path, bearer()), 404, "not found");
  }

  /** ADMIN_TOKEN is not set here. */
  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
  void withoutItsTokenTheAdminPageIsAnUnknownPathForEachMethod(String method) {
    for (String path : List.of("/admin/", "/admin/api/session", "/admin/api/figures")) {
      for (String[] lines : List.of(new String[0], new String[] {bearer()})) {
        Response unknown = request(method, "/nothing/here", lines);
        Response admin = request(method, path, lines);
        assertThat(admin.status()).as(path).isEqualTo(unknown.status());
        assertThat(admin.body()).isEqualTo(unknown.body());
        assertThat(admin.headers().keySet()).isEqualTo(unknown.headers().keySet());
      }
    }
  }

  @Test
  void metricsNeedTheirTokenOrTheScope() {
    assertError(request("GET", "/metrics", bearer()), 403, "metrics scope required");
    assertError(
        request("GET", "/metrics", "Authorization: Bearer " + TestServer.METRICS_TOKEN + "x"),
        401,
        "invalid token");
    assertError(
        request("GET", "/health/x", "Authorization: Bearer " + TestServer.METRICS_TOKEN),
        401,
        "invalid token");
    Response scoped =
        request(
            "GET",
            "/metrics",
            "Authorization: Bearer " + server.issuer().token().claim("scope", "metrics").sign());
    assertThat(scoped.status()).as(scoped.all()).isEqualTo(200);
    Response response =
        request("GET", "/metrics", "Authorization: Bearer " + TestServer.METRICS_TOKEN);
    assertThat(response.status()).as(response.all()).isEqualTo(200);
    assertThat(response.body()).contains("jvm_memory_used_bytes{", "process_uptime_seconds ");
    assertStandardHeaders(response);
  }

  @Test
  void keySetIsPublicAndEmptyWithoutFederation() {
    RawHttp.Response keySet = request("GET", "/.well-known/jwks.json");
    assertThat(keySet.status()).isEqualTo(200);
    assertThat(keySet.body()).isEqualTo("{\"keys\":[]}");
  }

  @Test
  void peerSocketWithoutFederationIs404BehindTheSubprotocol() {
    assertError(
        request("GET", "/api/v1/federation/ws"),
        400,
        "WebSocket subprotocol betterbase-rpc-v1 required");
  }

  @ParameterizedTest
  @CsvSource({
    "Basic dXNlcjpwYXNz, invalid authorization header format",
    "Bearer, missing authorization token",
    "'Bearer ', missing authorization token",
    "Bearer nonsense, invalid token",
    "Bearer a.b.c, invalid token"
  })
  void anInvalidBearerIs401(String authorization, String message) {
    assertError(request("GET", "/x", "Authorization: " + authorization), 401, message);
  }

  @Test
  void theFaultsOfATokenAreToldApart() {
    TestIssuer.Token token = server.issuer().token().of(server.newUser());
    assertBearer(token.expiresIn(Duration.ofSeconds(-5)).sign(), "token has expired");
    assertBearer(
        server.issuer().token().of(server.newUser()).signedByStranger().sign(), "invalid token");
    assertBearer(
        server.issuer().token().of(server.newUser()).claim("iss", "https://evil.example").sign(),
        "untrusted token issuer");
  }

  private void assertBearer(String token, String message) {
    assertError(request("GET", "/x", "Authorization: Bearer " + token), 401, message);
  }

  @Test
  void aUcanMayHave64KiB() {
    String bearer = bearer();

    assertError(request("GET", "/x", bearer, "X-UCAN: " + "u".repeat(65_536)), 404, "not found");
    assertError(
        request("GET", "/x", bearer, "X-UCAN: " + "u".repeat(65_537)),
        401,
        "X-UCAN header too large");
  }

  @Test
  void anotherMethodIs405() {
    Response response = request("POST", "/health", "Content-Length: 0");

    assertError(response, 405, "method not allowed");
    assertThat(response.headers().get("allow"))
        .singleElement()
        .satisfies(allowed -> assertThat(allowed).contains("GET"));
  }

  @Test
  void whatCannotBeServedAsAskedIs406() {
    assertError(request("GET", "/health", "Accept: text/html"), 406, "not acceptable");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-None: none",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat"
      })
  void withoutTheSubprotocolThereIsNoWebSocket(String lines) {
    assertError(
        request("GET", "/api/v1/ws", lines),
        400,
        "WebSocket subprotocol betterbase-rpc-v1 required");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/ws/", "/api/v1/%77s", "/x"})
  void noOtherPathIsUpgraded(String path) {
    Response response =
        request(
            "GET",
            path,
            bearer(),
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: betterbase-rpc-v1");

    assertError(response, 404, "not found");
  }

  @Test
  void anotherWebSocketVersionIs426() {
    Response response =
        request(
            "GET",
            "/api/v1/ws",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 8",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: betterbase-rpc-v1");

    assertError(response, 426, "WebSocket version 13 required");
    assertThat(response.headers().get("sec-websocket-version")).containsExactly("13");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/%",
        "/%zz",
        "/health%",
        "/%ff",
        "/a%00b",
        "/a%5cb",
        "/WEB-INF/web.xml",
        "/META-INF/x",
        "/WEB-INF/classes/dev/betterbase/sync/http/BearerToken.class"
      })
  void whatTheServerAnswersByItselfIsNoSuccessAndNamesNothing(String target) {
    Response response = request("GET", target);

    assertThat(response.status()).as(response.all()).isBetween(400, 499);
    assertNamesNoProduct(response);
  }

  @Test
  void aHeaderThatIsTooLongIsRefusedAndNamesNoProduct() {
    Response response = request("GET", "/health", "X-Long: " + "x".repeat(140_000));

    assertThat(response.status()).isBetween(400, 499);
    assertNamesNoProduct(response);
  }

  @Test
  void headersOf120KiBAreTaken() {
    assertThat(request("GET", "/health", "X-Long: " + "x".repeat(120 * 1024)).status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/3.0\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "TRACE /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"
      })
  void aMalformedRequestIsRefusedAndNamesNoProduct(String request) {
    Response response = RawHttp.exchange(port, request);

    assertThat(response.status()).as(response.all()).isBetween(400, 599);
    assertNamesNoProduct(response);
  }

  @Test
  void thereIsNoHttp2() {
    Response response =
        request("GET", "/health", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");

    assertThat(response.status()).isEqualTo(200);
  }
}
