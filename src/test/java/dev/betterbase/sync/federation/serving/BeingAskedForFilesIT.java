package dev.betterbase.sync.federation.serving;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.federation.TestPeer;
import dev.betterbase.sync.federation.wire.FileProtocol;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** federation.md, Files: a server with files, and peers that are played over the bare wire. */
@IntegrationTest
class BeingAskedForFilesIT {
  private static final TestPeer PEER = SharedServers.peer("files");
  private static final TestPeer GREEDY = SharedServers.peer("greedy");
  private static final TestPeer STRANGER = new TestPeer("stranger.example");
  private static TestServer server;
  private static SharedSpace space;
  private static String record;
  private static String ucan;

  @BeforeAll
  static void start() {
    server = SharedServers.peered();
    space = SharedSpace.create(server);
    record = newId();
    try (WireClient client = space.admin().connect()) {
      client
          .request(
              "push",
              space
                  .admin()
                  .params("changes", List.of(Requests.put(record, 0, new byte[1], dek(1)))))
          .ok();
    }
    // The UCAN of a member whom this server has never seen.
    ucan = space.invite("write").ucan();
  }

  private static URI url(String inSpace, String file) {
    return URI.create(
        "http://127.0.0.1:"
            + server.process().port()
            + "/api/v1/federation/spaces/"
            + inSpace
            + "/files/"
            + file);
  }

  private static Map<String, String> ofPut(String proof) {
    return Map.of(
        "x-ucan",
        proof,
        "x-record-id",
        record,
        "x-wrapped-dek",
        Base64.getEncoder().encodeToString(dek(1)));
  }

  private static HttpResponse<byte[]> send(
      String method, URI url, Map<String, String> fields, BodyPublisher body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(60)).method(method, body);
    fields.forEach(request::header);
    return FileClient.send(request);
  }

  /** The header that marks the answer of a home, the status, and the body. */
  private static String said(HttpResponse<byte[]> response) {
    return response.headers().firstValue(FileProtocol.HEADER).orElse("none")
        + " "
        + response.statusCode()
        + " "
        + new String(response.body(), StandardCharsets.UTF_8);
  }

  private static String refused(int status, String error) {
    return "refused " + status + " {\"error\":\"" + error + "\"}";
  }

  private static String answered(int status, String error) {
    return "answered " + status + " {\"error\":\"" + error + "\"}";
  }

  private static Map<String, String> signed(
      TestPeer peer, String method, URI url, Map<String, String> fields) {
    return peer.file(method, url, fields, List.copyOf(fields.keySet()), Duration.ZERO);
  }

  private static HttpResponse<byte[]> get(TestPeer peer, URI url, String proof) {
    return send(
        "GET", url, signed(peer, "GET", url, Map.of("x-ucan", proof)), BodyPublishers.noBody());
  }

  private static HttpResponse<byte[]> put(TestPeer peer, URI url, String proof, byte[] bytes) {
    return send(
        "PUT", url, signed(peer, "PUT", url, ofPut(proof)), BodyPublishers.ofByteArray(bytes));
  }

  @Test
  void peerPutsAndGetsByTheUcanOfAnybody() {
    URI url = url(space.id(), newId());
    byte[] bytes = blob(20_000);
    try (WireClient subscribed = space.admin().connect()) {
      subscribed.request("subscribe", space.admin().spaces(0)).ok();
      assertThat(said(put(PEER, url, ucan, bytes))).isEqualTo("answered 201 ");
      assertThat(subscribed.expectNotification("file").get("files")).hasSize(1);
    }
    assertThat(said(put(PEER, url, ucan, bytes))).isEqualTo("answered 204 ");
    HttpResponse<byte[]> got = get(PEER, url, ucan);
    assertThat(got.body()).isEqualTo(bytes);
    assertThat(got.headers().firstValue(FileProtocol.HEADER)).hasValue("answered");
    String reading = space.invite("read").ucan();
    assertThat(get(PEER, url, reading).statusCode()).isEqualTo(200);
    assertThat(said(put(PEER, url, reading, bytes))).isEqualTo(answered(403, "access denied"));
  }

  @Test
  void whatIsNotSignedByATrustedPeerIsRefused() {
    URI url = url(space.id(), newId());
    String notVerified = refused(401, "signature verification failed");
    assertThat(said(send("GET", url, Map.of("x-ucan", ucan), BodyPublishers.noBody())))
        .isEqualTo(notVerified);
    assertThat(
            send("GET", url, Map.of(), BodyPublishers.noBody())
                .headers()
                .firstValue("WWW-Authenticate"))
        .as("a bearer would not help")
        .isEmpty();
    String token = FileClient.of(space.admin(), null).token();
    assertThat(
            said(
                send(
                    "GET",
                    url,
                    Map.of("x-ucan", ucan, "authorization", "Bearer " + token),
                    BodyPublishers.noBody())))
        .as("a bearer is no signature")
        .isEqualTo(notVerified);
    assertThat(said(get(STRANGER, url, ucan))).isEqualTo(notVerified);

    Map<String, String> sent = signed(PEER, "GET", url, Map.of("x-ucan", ucan));
    assertThat(said(send("GET", url, sent, BodyPublishers.noBody())))
        .isEqualTo(answered(404, "file not found"));
    assertThat(said(send("GET", url, sent, BodyPublishers.noBody())))
        .as("sent again")
        .isEqualTo(notVerified);

    Map<String, String> fields = Map.of("x-ucan", ucan);
    for (Map<String, String> wrong :
        List.of(
            PEER.file("GET", url, fields, List.of(), Duration.ZERO),
            PEER.file("GET", url, fields, List.of("x-ucan"), Duration.ofMinutes(-6)),
            PEER.file("GET", url, fields, List.of("x-ucan"), Duration.ofMinutes(6)),
            signed(PEER, "PUT", url, fields),
            signed(PEER, "GET", url(space.id(), newId()), fields))) {
      assertThat(said(send("GET", url, wrong, BodyPublishers.noBody()))).isEqualTo(notVerified);
    }
    Map<String, String> swapped = new HashMap<>(signed(PEER, "GET", url, fields));
    swapped.put("x-ucan", space.admin().ucan());
    assertThat(said(send("GET", url, swapped, BodyPublishers.noBody()))).isEqualTo(notVerified);
  }

  @Test
  void spacesAndFilesAreCheckedInTheWordsOfTheClientsRoute() throws Exception {
    String file = newId();
    assertThat(said(get(PEER, url("x", file), ucan))).isEqualTo(answered(400, "invalid space ID"));
    assertThat(said(get(PEER, url(space.id(), "x"), ucan)))
        .isEqualTo(answered(400, "invalid file ID"));
    String unknown = UUID.randomUUID().toString();
    assertThat(said(get(PEER, url(unknown, file), ucan)))
        .isEqualTo(answered(404, "file not found"));
    assertThat(said(put(PEER, url(unknown, file), ucan, new byte[1])))
        .isEqualTo(answered(404, "space not found"));
    URI url = url(space.id(), file);
    assertThat(said(send("GET", url, signed(PEER, "GET", url, Map.of()), BodyPublishers.noBody())))
        .isEqualTo(answered(401, "authorization required"));
    assertThat(
            said(
                send(
                    "PUT",
                    url,
                    signed(PEER, "PUT", url, Map.of("x-ucan", ucan)),
                    BodyPublishers.ofByteArray(new byte[1]))))
        .isEqualTo(answered(400, "X-Record-ID header required"));

    var somebody = server.newUser();
    try (WireClient client = server.connect(somebody)) {
      client
          .request(
              "push", Requests.push(somebody.personalSpace(), Requests.put(newId(), 0, blob(1))))
          .ok();
      assertThat(said(get(PEER, url(somebody.personalSpace(), file), ucan)))
          .isEqualTo(answered(404, "file not found"));
    }
    // A space that lives elsewhere is not this server's to answer for.
    TestKey key = TestKey.create();
    String elsewhere = UUID.randomUUID().toString();
    try (WireClient client = server.connect(server.newUser())) {
      client
          .request(
              "space.create",
              Requests.map(
                  "id",
                  elsewhere,
                  "root_public_key",
                  key.compressed(),
                  "home_server",
                  "files.example"))
          .ok();
    }
    String own = key.ucan().to(key).on(elsewhere).allows("admin").sign();
    assertThat(said(get(PEER, url(elsewhere, file), own)))
        .isEqualTo(answered(403, "access denied"));
    SharedSpace.Member goes = space.invite("write");
    try (WireClient client = space.admin().connect()) {
      client.request("membership.revoke", space.admin().params("ucan_cid", goes.cid())).ok();
    }
    assertThat(said(put(PEER, url, goes.ucan(), new byte[1])))
        .isEqualTo(answered(403, "access denied"));
  }

  @Test
  void bytesOfUploadsCountAgainstThePeer() throws Exception {
    URI first = url(space.id(), newId());
    assertThat(said(put(GREEDY, first, ucan, blob(100_000)))).isEqualTo("answered 201 ");
    for (int again = 0; again < 3; again++) {
      assertThat(said(put(GREEDY, first, ucan, blob(100_000))))
          .as("what is there already costs nothing")
          .isEqualTo("answered 204 ");
    }
    URI second = url(space.id(), newId());
    assertThat(said(put(GREEDY, second, ucan, blob(100_000))))
        .isEqualTo(answered(429, "file upload quota exceeded"));
    assertThat(said(put(GREEDY, second, ucan, blob(90_000)))).isEqualTo("answered 201 ");
    assertThat(
            server
                .process()
                .send(
                    HttpRequest.newBuilder(
                            server.process().uri("/api/v1/federation/status/greedy.example"))
                        .header("Authorization", "Bearer " + server.newUser().token()))
                .body())
        .contains("\"records_this_hour\":0,\"bytes_this_hour\":190088,");
    assertThat(get(GREEDY, first, ucan).statusCode()).isEqualTo(200);
  }
}
