package dev.betterbase.sync.portability;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BinaryNode;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.Browser;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.OperatingPage;
import dev.betterbase.sync.testing.PortabilityTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestUcan;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Handshake;
import dev.betterbase.sync.testing.WireClient;
import dev.betterbase.sync.testing.WireClient.Reply;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

/**
 * Tests the packaged WAR, unchanged, on an application server, with real clients over real sockets
 * and a real PostgreSQL. The build runs this class once for each server.
 */
@PortabilityTest
@EnabledIfSystemProperty(named = "arquillian.launch", matches = ".+")
@ExtendWith(RunningServer.class)
@ArquillianTest
@Order(0) // The server, which takes long to start, before all that runs beside it.
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PortabilityIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** Another address of this machine, so that the crowd does not share that of the others. */
  private static final byte[] CROWD = {127, 0, 0, 66};

  private final AppServer server = RunningServer.server();
  private final TestIssuer issuer = RunningServer.issuer();

  @Deployment(testable = false)
  static WebArchive war() {
    // Payara Micro deploys to the root context by this name only; the others read a descriptor.
    String name = RunningServer.is("payara-micro") ? "ROOT.war" : "betterbase-sync.war";
    return ShrinkWrap.create(ZipImporter.class, name)
        .importFrom(new File("target/betterbase-sync.war"))
        .as(WebArchive.class);
  }

  @BeforeEach
  void applicationAnswers() {
    await()
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptions()
        .until(() -> get("/health").statusCode() == 200);
  }

  /** The application refuses what the server lets pass. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: a\r\nHost: b",
        "Host: a\r\nTransfer-Encoding: gzip",
        "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip",
      })
  void requestsThatAProxyMayReadDifferentlyAreRefused(String lines) {
    String request = "POST /health HTTP/1.1\r\n" + lines + "\r\n\r\n0\r\n\r\n";
    // Undertow does not implement other codings.
    assertThat(RawHttp.exchange(server.httpPort(), request).status()).isIn(400, 501);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.0\r\n",
        "HTTP/1.1\r\nContent-Length: 5\r\n",
        "HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
      })
  void aHandshakeInHttp10OrWithABodyIs400(String lines) {
    String handshake =
        "GET /api/v1/ws "
            + lines
            + "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Protocol: betterbase-rpc-v1\r\n\r\n";
    assertThat(RawHttp.exchange(server.httpPort(), handshake + "0\r\n\r\n").status())
        .isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        "POST /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
        "POST /health HTTP/1.1\r\nTransfer-Encoding: chunked"
      })
  void requestsWithoutAClearEndOrHostAre400(String head) {
    assumeThat(RunningServer.is("payara-micro")).isFalse();
    assertThat(RawHttp.exchange(server.httpPort(), head + "\r\n\r\n0\r\n\r\n").status())
        .isEqualTo(400);
  }

  /** The application bounds the connections of Payara Server, which cannot do that itself. */
  @ParameterizedTest
  @NightlyTest
  @ValueSource(booleans = {false, true})
  void connectionsHaveABound(boolean encrypted) throws Exception {
    assumeThat(RunningServer.is("payara-server")).isTrue();
    int port = encrypted ? server.httpsPort() : server.httpPort();
    List<SocketChannel> crowd = new ArrayList<>();
    try {
      for (int i = 0; i < RunningServer.MAX_CONNECTIONS + 50; i++) {
        SocketChannel each = SocketChannel.open();
        crowd.add(each);
        each.bind(new InetSocketAddress(InetAddress.getByAddress(CROWD), 0));
        each.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        each.configureBlocking(false);
      }
      await()
          .untilAsserted(
              () ->
                  assertThat(crowd.stream().filter(PortabilityIT::isClosed).count())
                      .isGreaterThanOrEqualTo(50));
      assertThat(get("/health").statusCode()).isEqualTo(200);
    } finally {
      for (SocketChannel each : crowd) {
        each.close();
      }
    }
  }

  /** A header that comes byte by byte has 30 s. */
  @Test
  @NightlyTest
  void aHeaderHasABoundInTime() throws Exception {
    assumeThat(RunningServer.is("payara-micro")).isFalse();
    try (SocketChannel drip =
        SocketChannel.open(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), server.httpPort()))) {
      drip.write(ByteBuffer.wrap("GET /health HTTP/1.1\r\nHost: a\r\nX: ".getBytes(US_ASCII)));
      drip.configureBlocking(false);
      await()
          .pollInterval(Duration.ofSeconds(1))
          .until(
              () -> {
                try {
                  drip.write(ByteBuffer.wrap(new byte[] {'x'}));
                } catch (IOException closed) {
                  return true;
                }
                return isClosed(drip);
              });
    }
  }

  private static boolean isClosed(SocketChannel channel) {
    try {
      return channel.read(ByteBuffer.allocate(1)) < 0;
    } catch (IOException reset) {
      return true;
    }
  }

  @Test
  void aPushReachesAnotherClientBySyncAndByPull() {
    TestUser user = TestUser.unknown(issuer);
    String space = user.personalSpace();
    String record = newId();
    byte[] blob = blob(632);
    try (WireClient one = connect(user);
        WireClient other = connect(user)) {
      other.request("subscribe", subscribe(space, 0)).ok();

      JsonNode pushed = one.request("push", push(space, put(record, 0, blob))).ok();
      assertThat(pushed.path("ok").asBoolean()).isTrue();

      JsonNode sync = other.expectNotification("sync");
      assertThat(sync.path("space").asText()).isEqualTo(space);
      assertThat(sync.path("cursor").asLong()).isEqualTo(pushed.path("cursor").asLong());
      assertThat(sync.path("records").path(0).path("id").asText()).isEqualTo(record);

      Reply pulled = other.request("pull", pull(space, 0));
      assertThat(pulled.ok().path("_chunks").asInt()).isEqualTo(3);
      assertThat(pulled.chunks().get(1).path("data").path("blob")).isEqualTo(binary(blob));
    }
  }

  @Test
  void manyMegabytesArePushedInOneMessageAndPulled() {
    pushAndPullManyMegabytes(WireClient.open(server.httpPort()));
  }

  @Test
  void manyMegabytesArePushedAndPulledOverTls() {
    pushAndPullManyMegabytes(WireClient.openEncrypted(server.httpsPort()));
  }

  private void pushAndPullManyMegabytes(WireClient opened) {
    TestUser user = TestUser.unknown(issuer);
    String space = user.personalSpace();
    byte[] blob = blob(1 << 20);
    try (WireClient client = opened.authenticate(user.token())) {
      Object[] changes =
          IntStream.range(0, 16).mapToObj(i -> put(newId(), 0, blob)).toArray(Map[]::new);
      assertThat(client.request("push", push(space, changes)).ok().path("ok").asBoolean()).isTrue();
      assertThat(client.request("pull", pull(space, 0)).ok().path("_chunks").asInt())
          .isEqualTo(changes.length + 2);
    }
  }

  @Test
  void aSpaceIsSharedAndAMemberIsRevoked() {
    TestKey root = TestKey.create();
    TestKey key = TestKey.create();
    TestUser admin = TestUser.unknown(issuer);
    TestUser invited = TestUser.unknown(issuer).withOwnMailbox();
    String id = newId();
    String own = root.ucan().to(root).on(id).allows("admin").sign();
    String given = root.ucan().to(key).on(id).allows("write").under(own).sign();
    try (WireClient admins = WireClient.open(server.httpPort()).authenticate(token(admin, root));
        WireClient members = WireClient.open(server.httpPort()).authenticate(token(invited, key))) {
      admins.request("space.create", map("id", id, "root_public_key", root.compressed())).ok();
      String mailbox = invited.mailbox().orElseThrow();
      admins.request("invitation.create", map("mailbox_id", mailbox, "payload", given)).ok();
      members.expectNotification("invitation");
      JsonNode invitation =
          members.request("invitation.list", map()).ok().path("invitations").path(0);
      assertThat(members.request("invitation.get", map("id", invitation.path("id").asText())).ok())
          .isEqualTo(invitation);
      String ucan = invitation.path("payload").asText();

      Object wanted = map("id", id, "since", 0, "ucan", ucan);
      members.request("subscribe", map("spaces", List.of(wanted))).ok();
      Object change = put(newId(), 0, blob(10), Requests.dek(1));
      assertThat(
              members
                  .request("push", map("space", id, "ucan", ucan, "changes", List.of(change)))
                  .ok()
                  .path("ok")
                  .asBoolean())
          .isTrue();
      admins
          .request(
              "membership.revoke", map("space", id, "ucan", own, "ucan_cid", TestUcan.cid(ucan)))
          .ok();
      members.expectNotification("revoked");
      assertThat(members.request("membership.list", map("space", id, "ucan", ucan)).error())
          .isEqualTo("forbidden forbidden");
      assertThat(admins.request("epoch.begin", map("space", id, "ucan", own, "epoch", 2)).ok())
          .hasToString("{\"epoch\":2}");
      assertThat(admins.request("deks.get", map("space", id, "ucan", own)).chunks()).hasSize(1);
    }
  }

  /** What goes through JPA, which is another provider's on each server. */
  @Test
  void singleRowsAreReadAndWritten() throws Exception {
    TestKey root = TestKey.create();
    TestUser admin = TestUser.unknown(issuer).withOwnMailbox();
    String id = newId();
    String ucan = root.ucan().to(root).on(id).allows("admin").sign();
    try (WireClient client = WireClient.open(server.httpPort()).authenticate(token(admin, root))) {
      Map<String, Object> space = map("id", id, "root_public_key", root.compressed());
      client.request("space.create", space).ok();
      assertThat(client.request("space.create", space).error())
          .isEqualTo("conflict space already exists");

      byte[] payload = blob(100);
      client
          .request(
              "membership.append",
              map(
                  "space",
                  id,
                  "ucan",
                  ucan,
                  "expected_version",
                  0,
                  "entry_hash",
                  Sha256.of(payload),
                  "payload",
                  payload))
          .ok();
      JsonNode log = client.request("membership.list", map("space", id, "ucan", ucan)).ok();
      assertThat(log.path("metadata_version").asInt()).isEqualTo(1);
      assertThat(log.path("entries")).hasSize(1);
      assertThat(log.path("entries").path(0).path("payload")).isEqualTo(binary(payload));

      String mailbox = admin.mailbox().orElseThrow();
      JsonNode first = client.request("invitation.create", invitation(mailbox)).ok();
      JsonNode second = client.request("invitation.create", invitation(mailbox)).ok();
      String firstId = first.path("id").asText();
      assertThat(client.request("invitation.list", map("limit", 1)).ok().path("invitations"))
          .containsExactly(first);
      assertThat(client.request("invitation.list", map("after", firstId)).ok().path("invitations"))
          .containsExactly(second);
      assertThat(client.request("invitation.get", map("id", firstId)).ok()).isEqualTo(first);
      client.request("invitation.delete", map("id", firstId)).ok();
      assertThat(client.request("invitation.get", map("id", firstId)).error())
          .startsWith("not_found");
    }
    JsonNode keys = new ObjectMapper().readTree(get("/.well-known/jwks.json").body()).path("keys");
    assertThat(keys).hasSize(1);
  }

  private static Map<String, Object> invitation(String mailbox) {
    return map("mailbox_id", mailbox, "payload", "sealed");
  }

  private static String token(TestUser user, TestKey key) {
    return user.issuer().token().of(user).claim("did", key.did()).sign();
  }

  @Test
  void aFileIsUploadedAndDownloaded() throws Exception {
    TestUser user = TestUser.unknown(issuer);
    String space = user.personalSpace();
    String record = newId();
    byte[] bytes = blob(20 << 20);
    String path = "/api/v1/spaces/" + space + "/files/" + newId();
    String token = "Bearer " + issuer.token().of(user).claim("scope", "sync files").sign();
    try (WireClient client = connect(user)) {
      client.request("subscribe", subscribe(space, 0)).ok();
      client.request("push", push(space, put(record, 0, blob(10)))).ok();
      HttpRequest.Builder put =
          HttpRequest.newBuilder(uri(path))
              .timeout(Duration.ofSeconds(60))
              .header("Authorization", token)
              .header("X-Record-ID", record)
              .header("X-Wrapped-DEK", Base64.getEncoder().encodeToString(dek(1)));
      assertThat(status(put.PUT(BodyPublishers.ofByteArray(bytes)))).isEqualTo(201);
      assertThat(client.expectNotification("file").path("cursor").asLong()).isEqualTo(2);
      // The server answers before it has read the body.
      assertThat(status(put.PUT(BodyPublishers.ofByteArray(bytes)))).isEqualTo(204);
      assertThat(status(put.setHeader("X-Record-ID", newId()))).isEqualTo(400);
      assertThat(
              status(put.PUT(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)))))
          .isEqualTo(411);
    }
    HttpRequest.Builder get = HttpRequest.newBuilder(uri(path)).header("Authorization", token);
    HttpResponse<byte[]> whole = HTTP.send(get.build(), BodyHandlers.ofByteArray());
    assertThat(whole.statusCode()).isEqualTo(200);
    assertThat(whole.body()).isEqualTo(bytes);
    HttpResponse<Void> head =
        HTTP.send(get.method("HEAD", BodyPublishers.noBody()).build(), BodyHandlers.discarding());
    assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(bytes.length);
    HttpResponse<byte[]> part =
        HTTP.send(get.GET().header("Range", "bytes=-5").build(), BodyHandlers.ofByteArray());
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(bytes, bytes.length - 5, bytes.length));
    HttpResponse<byte[]> known =
        HTTP.send(
            get.setHeader("If-None-Match", whole.headers().firstValue("ETag").orElseThrow())
                .build(),
            BodyHandlers.ofByteArray());
    assertThat(known.statusCode()).isEqualTo(304);
  }

  private static int status(HttpRequest.Builder request) throws Exception {
    return HTTP.send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  @Test
  void closeCodesAndReasonsArrive() {
    try (WireClient client = WireClient.open(server.httpPort())) {
      client.authenticate(issuer.token().signedByStranger().sign());
      client.expectClose(4000, "invalid auth token");
    }
    try (WireClient client = connect(TestUser.unknown(issuer))) {
      client.wire().send(WebSocketWire.TEXT, new byte[] {'x'});
      client.expectClose(4005, "expected binary rpc frame");
    }
  }

  @Test
  void handshakeWithoutTheSubprotocolIsRefused() {
    try (WebSocketWire wire = WebSocketWire.connect(server.httpPort(), 0)) {
      Handshake handshake = wire.handshake("/api/v1/ws", "Sec-WebSocket-Protocol: chat");
      assertThat(handshake.status()).isEqualTo(400);
      assertThat(handshake.body()).startsWith("{\"error\":");
    }
  }

  @Test
  void httpResponsesComeFromTheApplication() throws Exception {
    HttpResponse<String> health = get("/health");
    assertThat(health.body()).isEqualTo("{\"status\":\"healthy\"}");
    assertThat(health.headers().firstValue("X-Protocol-Version")).hasValue("1");
    assertThat(health.headers().map()).doesNotContainKeys("server", "x-powered-by");

    HttpResponse<String> unknown = get("/nothing-here");
    assertThat(unknown.statusCode()).isEqualTo(401);
    assertThat(unknown.body()).isEqualTo("{\"error\":\"missing authorization\"}");
  }

  @Test
  @NightlyTest
  void theAdminPageIsServed() throws Exception {
    for (String path : List.of("/admin/", "/admin/main.js", "/admin/uplot/uPlot.iife.min.js")) {
      HttpResponse<String> page = getAsABrowser(path);
      assertThat(page.statusCode()).as(path).isEqualTo(200);
      assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
          .contains("default-src 'none'", "script-src 'self'")
          .doesNotContain("unsafe");
      assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(page.headers().map()).doesNotContainKeys("server", "x-powered-by");
    }
    assertThat(getAsABrowser("/admin/").headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/html");
    HttpResponse<String> moved = getAsABrowser("/admin");
    assertThat(moved.statusCode()).isEqualTo(308);
    assertThat(moved.headers().firstValue("Location")).hasValue("/admin/");
    assertThat(get("/admin/nothing-here").statusCode()).isEqualTo(404);
    assertThat(get("/admin/api/figures").statusCode()).isEqualTo(401);
  }

  @Test
  @NightlyTest
  void theAdminPageWorksInABrowser() {
    try (Browser browser = Browser.start()) {
      browser.look(1280, 900, "light");
      browser.open(uri("/admin/").toString());
      browser.find("#sign-in:not([hidden])");
      browser.find("#token").sendKeys(AdminClient.TOKEN, Keys.ENTER);
      browser.find("html[data-ready]");
      browser.awaitText("#tiles", "Database pool");
      browser.awaitText("#storage-at", "counted at");
      browser.find("#check").click();
      browser.awaitText("#findings", "Everything fits together.");
      browser.photograph(
          Path.of(
              "target/screenshots", "admin-" + System.getProperty("arquillian.launch") + ".png"));
      assertThat(browser.complaints()).isEmpty();
    }
  }

  @Test
  @NightlyTest
  void anOperatorSignsInAndEndsAConnection() {
    AdminClient admin = AdminClient.from(uri("/"), "127.0.1.1");
    HttpResponse<String> wrong = admin.signIn("wrong");
    assertThat(wrong.statusCode()).as(wrong.body()).isEqualTo(403);
    assertThat(wrong.body()).isEqualTo("{\"error\":\"wrong token\"}");
    HttpResponse<String> early = admin.signIn(AdminClient.TOKEN);
    assertThat(early.statusCode()).as(early.body()).isEqualTo(429);
    assertThat(early.headers().firstValue("Retry-After")).isPresent();

    AdminClient operator = AdminClient.from(uri("/"), "127.0.1.2");
    assertThat(operator.signIn(AdminClient.TOKEN).headers().firstValue("Set-Cookie").orElseThrow())
        .matches(
            "betterbase-admin=[\\w-]{43}; Path=/admin; Max-Age=1800; HttpOnly; Secure;"
                + " SameSite=Strict");
    HttpResponse<String> alien = operator.send("POST", "drain/begin", "", Map.of());
    assertThat(alien.statusCode()).isEqualTo(403);
    assertThat(alien.body()).isEqualTo("{\"error\":\"not sent by the admin page\"}");
    try (WireClient client = connect(TestUser.unknown(issuer))) {
      client.request("invitation.list", map());
      // Those of other tests are gone a moment after their clients.
      await().until(() -> operator.get("connections").size() == 1);
      JsonNode figures = operator.get("figures");
      assertThat(figures.path("now").path("connections").isNumber()).isTrue();
      assertThat(figures.path("database").path("pool_limit").isNumber()).isTrue();
      assertThat(operator.get("history").path("at").isArray()).isTrue();
      assertThat(operator.get("storage").path("tables")).isNotEmpty();
      JsonNode connections = operator.get("connections");
      assertThat(connections).hasSize(1);
      assertThat(connections.path(0).path("method").asText()).isEqualTo("invitation.list");
      assertThat(
              operator
                  .post("connections/end", connections.path(0).path("id").asText())
                  .statusCode())
          .isEqualTo(204);
      client.expectClose(1001, "closed by the operator");
    }
    assertThat(operator.post("check", "").statusCode()).isEqualTo(200);
    assertThat(operator.send("DELETE", "session", "", AdminClient.FROM_THE_PAGE).statusCode())
        .isEqualTo(204);
    assertThat(operator.send("GET", "figures", "", Map.of()).statusCode()).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({"live, server", "ready, database", "started, server"})
  void microProfileHealthHasTheChecksOfTheApplication(String kind, String check) throws Exception {
    HttpResponse<String> health =
        HTTP.send(
            HttpRequest.newBuilder(URI.create(server.health() + "/" + kind)).build(),
            BodyHandlers.ofString());
    assertThat(health.statusCode()).isEqualTo(200);
    JsonNode body = new ObjectMapper().readTree(health.body());
    assertThat(body.path("status").asText()).isEqualTo("UP");
    assertThat(body.path("checks").findValuesAsText("name")).contains(check);
  }

  @Test
  void longHeadersReachTheApplication() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri("/health")).header("X-UCAN", "a".repeat(100_000)).build();
    assertThat(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
  }

  @Test
  void refusalsByTheServerItselfDoNotNameIt() throws Exception {
    HttpResponse<String> response = get("/WEB-INF/web.xml");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.body()).doesNotContainIgnoringCase("payara").doesNotContain("WildFly");
    assertThat(response.headers().map()).doesNotContainKeys("server", "x-powered-by");
  }

  /** What the page for operators says about this server; the last command brings text back. */
  @Test
  void theCommandsOfThePageForOperatorsWork() throws Exception {
    assumeThat(server.log()).isPresent();
    List<String> commands = OperatingPage.commands(RunningServer.language());
    assertThat(commands).hasSizeGreaterThan(4);

    server.administer(commands);
  }

  @Test
  void theLogHasOneLineForEachEvent() throws Exception {
    assumeThat(server.log()).isPresent();
    // A refusal is logged.
    try (WireClient client = WireClient.open(server.httpPort())) {
      client.authenticate(issuer.token().signedByStranger().sign());
      client.expectClose(4000, "invalid auth token");
    }
    await()
        .untilAsserted(
            () ->
                assertThat(Files.readAllLines(server.log().orElseThrow()))
                    .filteredOn(line -> line.contains("dev.betterbase.sync.security"))
                    .anyMatch(line -> line.contains("authentication refused: invalid auth token")));
  }

  private WireClient connect(TestUser user) {
    return WireClient.open(server.httpPort()).authenticate(user.token());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(20)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Browsers do not ask for HTTP/2 without TLS. */
  private HttpResponse<String> getAsABrowser(String path) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(uri(path))
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(Duration.ofSeconds(20))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.httpPort() + path);
  }

  private static JsonNode binary(byte[] bytes) {
    return BinaryNode.valueOf(bytes);
  }
}
