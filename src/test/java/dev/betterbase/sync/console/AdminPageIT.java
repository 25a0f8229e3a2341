package dev.betterbase.sync.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.Browser;
import dev.betterbase.sync.testing.BucketServer;
import dev.betterbase.sync.testing.DevelopmentServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Relay;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.openqa.selenium.Keys;

/**
 * The admin page in a real browser, which keeps the cookie of a session on loopback without TLS.
 * With {@code -Dscreenshots=docs/images} it renews the pictures of the documentation.
 */
@IntegrationTest
@Order(1)
@ResourceLock("the browser") // One test after another.
class AdminPageIT {
  private static final String READY = "html[data-ready]";
  private static final long BYTES_AT_MOST = 150_000;
  private static final Path PICTURES =
      Path.of(System.getProperty("screenshots", "target/screenshots"));

  private static Browser browser;
  private static ServerProcess server;
  private static WireClient client;
  private static String space;

  /** Somebody uses the server, and the browser is signed in. */
  @BeforeAll
  static void start() throws IOException {
    server = DevelopmentServer.shared();
    JsonNode user =
        new JsonMapper().readTree(server.get("/dev/token?sub=" + UUID.randomUUID()).body());
    space = user.get("personal_space_id").textValue();
    client = WireClient.open(server.port()).authenticate(user.get("token").textValue());
    client.request("subscribe", Requests.subscribe(space, 0)).ok();
    for (int i = 0; i < 20; i++) {
      client
          .request("push", Requests.push(space, Requests.put(Requests.newId(), 0, new byte[5_000])))
          .ok();
    }
    browser = Browser.start();
    browser.open(server.uri("/admin/").toString());
    signIn();
  }

  private static void signIn() {
    browser.find("#sign-in:not([hidden])");
    browser.find("#token").sendKeys(AdminClient.TOKEN, Keys.ENTER);
    browser.find(READY);
  }

  @AfterAll
  static void stop() {
    if (client != null) {
      client.close();
    }
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void open() {
    browser.look(1280, 900, "light");
    browser.open(server.uri("/admin/").toString());
    browser.find(READY);
  }

  /** A violation of the security policy is an error on the console, too. */
  @AfterEach
  void nothingWentWrong() {
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void theFiguresAreLive() {
    browser.awaitText("#tiles", "Connections");
    browser.awaitText("#tiles", "Database pool");
    browser.awaitText("#state", "Live");
    browser.awaitText("#left", "signed in for");
    browser.awaitText("#largest", space);
    browser.awaitText("#open", "client");
    browser.awaitText("#peers", "This server trusts no other.");
    browser.awaitText("#refused", "admin signed in");
    browser.awaitText("#rounds", "admin history");
    browser.run("document.querySelector('#tiles dd').textContent = 'old'");
    await().until(() -> !browser.find("#tiles dd").getText().equals("old"));
  }

  /** In development mode the server has more paths, which the page must not need. */
  @Test
  void itWorksOutsideDevelopmentModeToo() throws SQLException {
    failAPushAndAnUpload();
    // The cookie of this host is another one, so the session on the other server goes on.
    int port = SharedServers.peered().process().port();
    browser.open("http://localhost:" + port + "/admin/");
    signIn();
    browser.awaitText("#tiles", "Database pool");
    browser.awaitText("#state", "Live");
    browser.awaitText("#faults", "request on a WebSocketpushinternal");
    browser.awaitText("#faults", "work on the databasepushSQLSTATE 57014");
    browser.awaitText("#faults", "HTTP requestPUT /api/v1/spaces/*/files/*SQLSTATE 57014");
  }

  @Test
  void eachOfSeveralDatabasesHasALine() {
    browser.awaitText("#storage-at", "counted at");
    assertThat(browser.count("#databases-part[hidden]")).isOne();
    // The cookie of this host is another one, so the session on the other server goes on.
    browser.open("http://localhost:" + BucketServer.shared().process().port() + "/admin/");
    signIn();
    browser.awaitText("#databases-part:not([hidden])", "File bytes");
    assertThat(browser.count("#databases tr")).isEqualTo(2);
    assertThat(browser.faultsOfAccessibility()).isEmpty();
  }

  /** Somebody at the database cancels a push and an upload that wait for the same space. */
  private static void failAPushAndAnUpload() throws SQLException {
    TestServer production = SharedServers.peered();
    TestUser user = production.newUser();
    String token = user.issuer().token().of(user).claim("scope", "sync files").sign();
    String record = Requests.newId();
    try (WireClient device = production.connect(token);
        Connection operator = SharedServers.peeredDatabase().connect();
        Statement lock = operator.createStatement()) {
      device.request("push", push(user, record)).ok();
      operator.setAutoCommit(false);
      lock.execute("select from spaces where id = '" + user.personalSpace() + "' for update");
      CompletableFuture<String> pushed =
          CompletableFuture.supplyAsync(
              () ->
                  device
                      .request("push", push(user, Requests.newId()))
                      .ok()
                      .get("error")
                      .textValue());
      CompletableFuture<Integer> uploaded =
          HttpClient.newHttpClient()
              .sendAsync(
                  upload(production, user, token, record), HttpResponse.BodyHandlers.discarding())
              .thenApply(HttpResponse::statusCode);
      await()
          .until(
              () -> {
                lock.execute(
                    // pg_stat_activity stays as it is within a transaction.
                    "select pg_cancel_backend(pid) from pg_locks where not granted"
                        + " and pg_backend_pid() = any(pg_blocking_pids(pid))");
                return pushed.isDone() && uploaded.isDone();
              });
      assertThat(pushed.join()).isEqualTo("internal");
      assertThat(uploaded.join()).isEqualTo(500);
    }
  }

  private static Object push(TestUser user, String record) {
    return Requests.push(user.personalSpace(), Requests.put(record, 0, new byte[10]));
  }

  private static HttpRequest upload(TestServer to, TestUser user, String token, String record) {
    String path = "/api/v1/spaces/" + user.personalSpace() + "/files/" + Requests.newId();
    return HttpRequest.newBuilder(to.process().uri(path))
        .header("Authorization", "Bearer " + token)
        .header("X-Record-ID", record)
        .header("X-Wrapped-DEK", Base64.getEncoder().encodeToString(Requests.dek(1)))
        .PUT(HttpRequest.BodyPublishers.ofByteArray(new byte[10]))
        .build();
  }

  @Test
  void theKeyboardIsEnough() {
    browser.type(Keys.TAB);
    assertThat(browser.focused().getText()).isEqualTo("Skip to the figures");
    browser.type(Keys.ENTER);
    browser.type(Keys.TAB);
    assertThat(browser.focused().getAttribute("name")).isEqualTo("span");
    browser.type(Keys.ARROW_RIGHT);
    browser.find("input[value=day]:checked");
    browser.type(Keys.TAB);
    assertThat(browser.focused().getAttribute("id")).isEqualTo("count");
    browser.type(Keys.ENTER);
    browser.awaitText("#storage-at", "counted at");

    browser.run("document.getElementById('check').focus()");
    browser.type(Keys.SPACE);
    browser.awaitText("#findings", "Everything fits together.");
    browser.run("document.getElementById('space-id').focus()");
    browser.type("x".repeat(65), Keys.ENTER);
    browser.awaitText("#space-fault", "at most 64 characters");
    search("no uuid");
    browser.awaitText("#space-fault", "Not the id of a space");
    search(space);
    browser.awaitText("#space-facts", "20 (100 kB)");
    assertThat(browser.find("#space-fault").getText()).isEmpty();

    browser.run("document.getElementById('drain').focus()");
    browser.type(Keys.ENTER);
    browser.find("dialog[open]");
    assertThat(browser.faultsOfAccessibility()).isEmpty();
    browser.type(Keys.ESCAPE);
    await().until(() -> browser.count("dialog[open]") == 0);
    assertThat(browser.focused().getAttribute("id")).isEqualTo("drain");
  }

  private static void search(String text) {
    browser.find("#space-id").sendKeys(Keys.chord(Keys.CONTROL, "a"), text, Keys.ENTER);
  }

  @Test
  void aWrongTokenIsRefusedAndARightOneOpensThePage() {
    browser.find("#sign-out").click();
    browser.find("#sign-in:not([hidden])");
    assertThat(browser.faultsOfAccessibility()).isEmpty();
    assertThat(browser.focused().getAttribute("id")).isEqualTo("token");
    browser.type("wrong", Keys.ENTER);
    browser.awaitText("#sign-in-fault", "Wrong token.");
    await()
        .until(
            () -> {
              browser.run(
                  "document.getElementById('token').value = arguments[0];"
                      + "document.getElementById('sign-in-form').requestSubmit()",
                  AdminClient.TOKEN);
              return browser.count(READY) == 1;
            });
    // Chromium itself reports each request that was refused.
    assertThat(browser.complaints())
        .isNotEmpty()
        .allMatch(line -> line.contains("403") || line.contains("429"));
  }

  @Test
  @NightlyTest
  void itLooksRightInEachSizeAndColour() {
    await().until(() -> browser.count("#early[hidden]") == 1);
    browser.find("details summary").click();
    for (String scheme : new String[] {"light", "dark"}) {
      browser.look(1280, 1200, scheme);
      browser.run("document.activeElement.blur(); scrollTo(0, 0)");
      browser.run("return new Promise(done => requestAnimationFrame(() => setTimeout(done)))");
      assertThat(browser.faultsOfAccessibility()).as(scheme).isEmpty();
      browser.photograph(PICTURES.resolve("admin-" + scheme + ".png"));
    }
    itFitsANarrowScreen();
  }

  @Test
  void itFitsANarrowScreen() {
    browser.look(320, 700, "light");
    await()
        .until(
            () ->
                browser
                    .run("return document.documentElement.scrollWidth <= innerWidth")
                    .equals(true));
    assertThat((List<?>) browser.run(OUT_OF_THEIR_PANEL)).isEmpty();
    assertThat(browser.faultsOfAccessibility()).isEmpty();
  }

  /** Elements that stick out of their panel, except within what can be scrolled. */
  private static final String OUT_OF_THEIR_PANEL =
      """
      return [...document.querySelectorAll('main section')].flatMap(panel =>
        [...panel.querySelectorAll('*')]
          .filter(e => e.closest('.scroll, .hidden, .plot') === null || e.matches('.scroll, .plot'))
          .filter(e => e.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1)
          .map(e => e.outerHTML.slice(0, 100)))
      """;

  @Test
  void itIsSmall() throws IOException {
    Object files =
        browser.run(
            """
            return performance.getEntriesByType('resource').map(entry => entry.name)
              .filter(name => !name.includes('/api/')).concat(location.href)
            """);
    long bytes = 0;
    for (Object file : (List<?>) files) {
      bytes +=
          server
              .send(
                  HttpRequest.newBuilder(URI.create(String.valueOf(file)))
                      .header("Accept-Encoding", "gzip"))
              .headers()
              .firstValueAsLong("Content-Length")
              .orElseThrow();
    }
    assertThat(files)
        .asInstanceOf(LIST)
        .hasSizeGreaterThan(10)
        .allMatch(file -> String.valueOf(file).startsWith(server.uri("/admin/").toString()));
    assertThat(bytes).isBetween(20_000L, BYTES_AT_MOST);
  }

  /** No current browser runs this script by itself. */
  @Test
  void aBrowserWithoutModulesIsToldWhyNothingWorks() throws IOException {
    browser.run(Files.readString(Path.of("src/main/webapp/admin/old.js")));
    browser.awaitText("#lost:not([hidden])", "This browser is too old for this page.");
  }

  @Test
  void aLostConnectionSaysSoAndComesBack() {
    try (Relay relay = Relay.to(server.port())) {
      browser.open("http://127.0.0.1:" + relay.port() + "/admin/");
      browser.find(READY);
      relay.cut();
      browser.awaitText("#lost:not([hidden])", "The connection to the server is lost");
      browser.awaitText("#state", "Connection lost");
      relay.reopen();
      browser.awaitText("#state", "Live");
      await().until(() -> browser.count("#lost[hidden]") == 1);
    }
    // Chromium itself reports each attempt that failed.
    assertThat(browser.complaints()).allMatch(line -> line.contains("ERR_"));
  }
}
