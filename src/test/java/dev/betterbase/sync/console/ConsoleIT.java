package dev.betterbase.sync.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.RawHttp;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The admin page (docs/admin-page.md) as a client without a browser sees it. */
@IntegrationTest
class ConsoleIT {
  private final TestServer server = SharedServers.peered();

  private AdminClient from(String address) {
    return AdminClient.from(server.process(), address);
  }

  private static void assertRefused(HttpResponse<String> answer, int status, String message) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo("{\"error\":\"" + message + "\"}");
  }

  @Test
  void aWrongTokenCostsTime() {
    AdminClient stranger = from("127.0.1.1");
    assertRefused(stranger.signIn("wrong"), 403, "wrong token");
    // Each wrong token makes the next wait longer, so on however slow a machine, one comes early.
    HttpResponse<String> early =
        await().until(() -> stranger.signIn("wrong"), answer -> answer.statusCode() == 429);

    assertThat(early.body()).startsWith("{\"error\":\"a token was wrong: try again in ");
    assertThat(early.headers().firstValue("Retry-After").orElseThrow()).matches("[1-9]\\d?");
    assertThat(early.headers().firstValue("Set-Cookie")).isEmpty();
    from("127.0.1.2").signIn();
    await()
        .until(
            () -> server.process().output(),
            log ->
                log.contains("admin refused: wrong token, from 127.0.1.1")
                    && log.contains("admin signed in: from 127.0.1.2"));
    assertThat(server.process().output()).doesNotContain(AdminClient.TOKEN);
  }

  @Test
  void aSessionIsACookieThatScriptsAndOtherSitesDoNotGet() {
    AdminClient admin = from("127.0.1.3");
    assertRefused(admin.send("GET", "figures", "", Map.of()), 401, "sign in first");
    assertThat(admin.get("session").get("signed_in").booleanValue()).isFalse();
    HttpResponse<String> answer = admin.signIn(AdminClient.TOKEN + "\n");

    assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow())
        .matches(
            "betterbase-admin=[\\w-]{43}; Path=/admin; Max-Age=1800; HttpOnly; Secure;"
                + " SameSite=Strict");
    assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
    assertThat(answer.headers().map().keySet())
        .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control-"));
    assertThat(admin.get("session").get("seconds_left").longValue()).isBetween(1_700L, 1_800L);
    assertThat(admin.get("figures").get("now").get("connections").isNumber()).isTrue();

    HttpResponse<String> out = admin.send("DELETE", "session", "", AdminClient.FROM_THE_PAGE);
    assertThat(out.headers().firstValue("Set-Cookie").orElseThrow()).contains("Max-Age=0");
    assertRefused(admin.send("GET", "figures", "", Map.of()), 401, "sign in first");
    admin.use("betterbase-admin=" + "A".repeat(43));
    assertRefused(admin.send("GET", "history", "", Map.of()), 401, "sign in first");
  }

  @Test
  void anotherSiteCanChangeNothing() {
    AdminClient admin = from("127.0.1.4").signIn();
    String own = server.process().uri("/").toString().replaceFirst("/$", "");
    List<Map<String, String>> refused =
        List.of(
            Map.of(),
            Map.of("Origin", own),
            Map.of("X-Admin-Request", "1"),
            Map.of("X-Admin-Request", "1", "Origin", "https://evil.example"),
            Map.of("X-Admin-Request", "1", "Origin", "null"),
            Map.of("X-Admin-Request", "1", "Origin", own, "Sec-Fetch-Site", "same-site"),
            Map.of("X-Admin-Request", "1", "Origin", own, "Sec-Fetch-Site", "cross-site"));
    for (Map<String, String> headers : refused) {
      for (String path : List.of("session", "connections/end", "drain/begin")) {
        assertRefused(admin.send("POST", path, "x", headers), 403, "not sent by the admin page");
      }
    }
    assertRefused(
        admin.send(
            "POST",
            "connections/end",
            "x",
            Map.of("X-Admin-Request", "1", "Origin", own, "Content-Type", "text/plain")),
        404,
        "there is no connection with this id on this node");
    assertThat(admin.get("figures").get("draining").booleanValue()).isFalse();
  }

  @Test
  void aLongBodyIsNotRead() {
    AdminClient admin = from("127.0.1.5");
    String refused = "at most 1024 bytes, with a Content-Length";
    assertRefused(admin.post("session", "x".repeat(1_025)), 413, refused);
    assertRefused(
        admin.send(
            HttpRequest.newBuilder(server.process().uri("/admin/api/session"))
                .POST(
                    HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream(new byte[1]))),
            AdminClient.FROM_THE_PAGE),
        413,
        refused);
  }

  @Test
  void aSpaceIsFoundByItsId() {
    AdminClient admin = from("127.0.1.6").signIn();
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      client
          .request(
              "push",
              Requests.push(user.personalSpace(), Requests.put(Requests.newId(), 0, new byte[77])))
          .ok();
      client.request("subscribe", Requests.subscribe(user.personalSpace(), 0)).ok();
      JsonNode space = admin.get("space?id=" + user.personalSpace());

      assertThat(space.get("record_bytes").longValue()).isEqualTo(77);
      assertThat(space.get("subscribers").intValue()).isEqualTo(1);
      assertThat(space.get("parties").intValue()).isEqualTo(1);
      assertThat(space.get("cursor").longValue()).isEqualTo(1);
      assertThat(space.get("shared").booleanValue()).isFalse();
    }
    JsonNode stored = admin.get("storage");
    assertThat(stored.get("spaces").isNumber()).isTrue();
    assertThat(stored.get("tables")).isNotEmpty();
    assertThat(stored.get("databases")).hasSize(1);
    assertThat(admin.post("check", "").body()).contains("\"findings\":[");
    assertRefused(
        admin.send("GET", "space?id=" + "0".repeat(65), "", Map.of()),
        400,
        "the id of a space has at most 64 characters");
    assertRefused(
        admin.send("GET", "space?id=xyz", "", Map.of()),
        400,
        "not the id of a space: expected a UUID of 32 hex digits");
    assertRefused(
        admin.send("GET", "space?id=" + Requests.newId(), "", Map.of()),
        404,
        "there is no space with this id");
  }

  @Test
  void aConnectionIsEnded() {
    AdminClient admin = from("127.0.1.7").signIn();
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      client.request("subscribe", Requests.subscribe(user.personalSpace(), 0)).ok();
      // Only this client subscribes and asks for nothing else; a method that no server has is not
      // shown.
      assertThat(client.request("no.such.method", Requests.map()).error())
          .startsWith("method_not_found");
      JsonNode all = admin.get("connections");
      assertThat(all.findValuesAsText("method"))
          .contains("subscribe")
          .doesNotContain("no.such.method");
      assertThat(all)
          .allSatisfy(
              each ->
                  assertThat(each.fieldNames())
                      .toIterable()
                      .startsWith("id", "kind", "age", "sent", "waiting", "highest")
                      .isSubsetOf(
                          "id", "kind", "age", "sent", "waiting", "highest", "method", "called"));
    }
    assertRefused(
        admin.post("connections/end", Requests.newId()),
        404,
        "there is no connection with this id on this node");
    assertRefused(
        admin.post("peers/pause", "nobody.example"), 404, "no trusted server has this domain");
  }

  /**
   * The resources are found by their decoded path, but only what the filter has admitted passes.
   */
  @Test
  void noOtherSpellingOrCredentialLeadsToTheFigures() {
    String bearer = "Authorization: Bearer " + server.newUser().token();
    for (String target :
        List.of("/%61dmin/api/figures", "//admin/api/figures", "/admin;x=1/api/figures")) {
      RawHttp.Response answer =
          RawHttp.exchange(server.process().port(), "GET", target, "Host: localhost", bearer);
      assertThat(answer.status()).as(target).isEqualTo(404);
      assertThat(answer.body()).isEqualTo("{\"error\":\"not found\"}");
    }
    for (String target :
        List.of("/admin/api/figures/", "/admin/api/../api/figures", "/admin/x", "/admin/WEB-INF")) {
      assertThat(
              RawHttp.exchange(server.process().port(), "GET", target, "Host: localhost", bearer)
                  .status())
          .as(target)
          .isIn(400, 404);
    }
    RawHttp.Response moved =
        RawHttp.exchange(server.process().port(), "GET", "/admin", "Host: localhost");
    assertThat(moved.status()).isEqualTo(308);
    assertThat(moved.headers().get("location")).containsExactly("/admin/");
  }

  @Test
  void figuresAndHistoryNameNobody() {
    AdminClient admin = from("127.0.1.8").signIn();
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      client.request("subscribe", Requests.subscribe(user.personalSpace(), 0)).ok();
      // An error at the key set of an issuer names the issuer.
      String figures =
          admin
              .get("figures")
              .toString()
              .replace(server.issuer().url(), "issuer")
              .replace(server.otherIssuer().url(), "issuer");
      assertThat(figures)
          .contains("\"by_transport\"", "\"jobs\"", "\"security\"", "\"admin signed in\"")
          .contains("\"cluster\":{\"on\":false,")
          .doesNotContain(user.personalSpace(), "127.0.");
      // The first sample is there after two rounds of its job.
      await().until(() -> !admin.get("history?span=hour").get("at").isEmpty());
      JsonNode history = admin.get("history");
      assertThat(history.get("pushes")).hasSameSizeAs(history.get("at"));
      assertThat(admin.get("history?after=" + Long.MAX_VALUE / 2).get("at")).isEmpty();
      assertThat(admin.get("history?span=day").get("at")).isNotNull();
    }
  }

  /** The JDK's client offers it on each connection without TLS. */
  @Test
  void aLongAnswerToAClientThatOffersHttp2SaysWhatItIs() {
    String script = "/admin/uplot/uPlot.iife.min.js";
    RawHttp.Response answer =
        RawHttp.exchange(
            server.process().port(),
            "GET",
            script,
            "Host: localhost",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).hasSizeGreaterThan(30_000);
    assertThat(answer.headers().get("content-type"))
        .containsExactly("text/javascript; charset=utf-8");
  }
}
