package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.LimitedServer.APPENDS;
import static dev.betterbase.sync.testing.LimitedServer.FRAMES_PER_SECOND;
import static dev.betterbase.sync.testing.LimitedServer.INVITATIONS;
import static dev.betterbase.sync.testing.LimitedServer.MAX_FRAME;
import static dev.betterbase.sync.testing.LimitedServer.MAX_UNAUTHENTICATED;
import static dev.betterbase.sync.testing.LimitedServer.QUOTA_SPACE;
import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.delete;
import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.LimitedServer;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Handshake;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import dev.betterbase.sync.testing.WebSocketWire.Incoming.Close;
import dev.betterbase.sync.testing.WireClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The limits of protocol.md on a server whose settings make them small. The tests run one after
 * another because they share the limited resources.
 */
@SequentialIntegrationTest
@Order(1)
@ResourceLock(LimitedServer.LOCK)
class TightLimitsIT {
  private static final int BURST = 4 * FRAMES_PER_SECOND;
  private static final String SUBPROTOCOL = "Sec-WebSocket-Protocol: betterbase-rpc-v1";
  private static final String FROM_THE_CROWD = "X-Forwarded-For: 203.0.113.9, 198.51.100.1";
  private static final String TOO_LARGE = "{\"ok\":false,\"error\":\"payload_too_large\"}";
  private static final byte[] MASK_AND_ONE_BYTE = new byte[5];

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = LimitedServer.shared();
  }

  @Test
  void messageOverMaxFrameBytes() {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      byte[] fits = request(user, MAX_FRAME);
      client.wire().send(WebSocketWire.BINARY, fits);
      assertThat(client.await("1").ok().get("ok").booleanValue()).isTrue();
      client.wire().send(WebSocketWire.BINARY, request(user, MAX_FRAME + 1));
      assertThat(client.awaitClose(WireClient.LIMIT).code()).isEqualTo(1009);
    }
  }

  @Test
  void fragmentsOverMaxFrameBytes() {
    try (WireClient client = server.connect(server.newUser())) {
      client.expectOpen();
      byte[] part = new byte[MAX_FRAME / 4];
      int opcode = WebSocketWire.BINARY;
      for (int i = 0; i < 5; i++) {
        client.wire().sendRaw(WebSocketWire.frame(opcode, i == 4, true, part));
        opcode = WebSocketWire.CONTINUATION;
      }
      assertThat(client.awaitClose(WireClient.LIMIT).code()).isEqualTo(1009);
    }
  }

  @Test
  void capNamesTheSettingInForce() {
    TestUser user = server.newUser();
    try (WireClient one = server.connect(user)) {
      one.expectOpen();
      try (WireClient two = server.connect(user)) {
        two.expectClose(4003, "too many connections");
      }
      one.expectOpen();
    }
  }

  @Test
  void moreThanMaxUnauthenticatedGet503() {
    // A client of an earlier test may not be gone yet and still have its place.
    await().until(() -> admittedBefore503() == MAX_UNAUTHENTICATED);
    // Clients that went away silently make room, as do those that authenticate.
    for (int i = 0; i < 2 * MAX_UNAUTHENTICATED; i++) {
      await()
          .ignoreExceptionsMatching(AssertionError.class::isInstance)
          .untilAsserted(
              () -> {
                try (WireClient client = server.connect(server.newUser())) {
                  client.expectOpen();
                }
              });
    }
  }

  private static int admittedBefore503() {
    List<WebSocketWire> waiting = new ArrayList<>();
    try {
      while (true) {
        WebSocketWire wire = WebSocketWire.connect(server.process().port(), 0);
        waiting.add(wire);
        Handshake handshake = handshake(wire);
        if (handshake.status() != 101) {
          assertThat(handshake.status()).isEqualTo(503);
          assertThat(handshake.headers().get("x-protocol-version")).containsExactly("1");
          assertThat(handshake.body()).startsWith("{\"error\":");
          return waiting.size() - 1;
        }
      }
    } finally {
      waiting.forEach(WebSocketWire::cut);
    }
  }

  /** A crowd from one address keeps only itself out. */
  @Test
  void clientsOfOtherAddressesFindAPlace() {
    Deque<WebSocketWire> crowd = new ArrayDeque<>();
    try {
      // A client of an earlier test may only now leave its place, to the other client.
      await()
          .until(
              () -> {
                fill(crowd);
                try (WireClient other =
                    WireClient.open(
                        server.process().port(),
                        "/api/v1/ws",
                        SUBPROTOCOL,
                        "Forwarded: for=\"[2001:db8::1]:4711\"")) {
                  other.authenticate(server.newUser().token()).expectOpen();
                }
                return longestWaitingIsCrowdedOut(crowd);
              });
    } finally {
      crowd.forEach(WebSocketWire::cut);
    }
  }

  private static void fill(Deque<WebSocketWire> crowd) {
    while (true) {
      WebSocketWire wire = WebSocketWire.connect(server.process().port(), 0);
      if (handshake(wire, FROM_THE_CROWD).status() != 101) {
        wire.cut();
        return;
      }
      crowd.addLast(wire);
    }
  }

  private static boolean longestWaitingIsCrowdedOut(Deque<WebSocketWire> crowd) {
    while (!crowd.isEmpty()) {
      Optional<Incoming> incoming = crowd.getFirst().read(Duration.ofMillis(500));
      if (incoming.isEmpty()) {
        return false;
      }
      if (!incoming.get().equals(new Close(4000, "auth timeout"))) {
        assertThat(incoming).contains(new Close(1001, "too many unauthenticated connections"));
        return true;
      }
      crowd.removeFirst().cut();
    }
    return false;
  }

  @Test
  void moreThanFramesPerSecond() {
    try (WireClient client = server.connect(server.newUser())) {
      client.expectOpen();
      flood(
          client, WebSocketWire.frame(WebSocketWire.BINARY, true, true, new byte[] {(byte) 0xF6}));
      client.expectClose(4007, "rate limit exceeded");
    }
  }

  @Test
  void pingsCountToo() {
    TestServer.assumeUpgradeTransport();
    try (WireClient client = server.connect(server.newUser())) {
      client.expectOpen();
      flood(client, WebSocketWire.frame(WebSocketWire.PING, true, true, new byte[0]));
      client.expectClose(4007, "rate limit exceeded");
    }
  }

  @Test
  void whatIsTooLongIsRefusedBeforeItComes() {
    TestServer.assumeUpgradeTransport();
    try (WireClient client = server.open()) {
      client.wire().sendRaw(WebSocketWire.header(WebSocketWire.BINARY, true, true, 65_537));
      client.wire().sendRaw(MASK_AND_ONE_BYTE);
      client.expectClose(1009, "message too big");
    }
    try (WireClient client = server.connect(server.newUser())) {
      client.expectOpen();
      client.wire().sendRaw(WebSocketWire.header(WebSocketWire.BINARY, true, true, MAX_FRAME + 1));
      client.wire().sendRaw(MASK_AND_ONE_BYTE);
      client.expectClose(1009, "message too big");
    }
  }

  @Test
  void aLongMessageThatHardlyComesIn() {
    TestServer.assumeUpgradeTransport();
    try (WireClient client = server.connect(server.newUser())) {
      client.expectOpen();
      client.wire().sendRaw(WebSocketWire.header(WebSocketWire.BINARY, true, true, 200_000));
      client.wire().sendRaw(new byte[1_000]);
      assertThat(client.awaitClose(Duration.ofSeconds(40)))
          .isEqualTo(new Close(4005, "message too slow"));
    }
  }

  @Test
  void burstPasses() {
    try (WireClient client = server.connect(server.newUser())) {
      for (int i = 0; i < BURST - 5; i++) {
        client.wire().send(WebSocketWire.BINARY, new byte[] {(byte) 0xF6});
      }
      client.expectOpen();
    }
  }

  @Test
  void theTextsOfLimitsByPersonNameTheSettingInForce() throws IOException {
    Member writer = SharedSpace.create(server).invite("write");
    try (WireClient client = writer.connect()) {
      for (int i = 0; i < INVITATIONS; i++) {
        invite(client).ok();
      }
      assertThat(invite(client).error())
          .isEqualTo("rate_limited rate limit exceeded: max 3 invitations per hour");
      for (int i = 0; i < APPENDS; i++) {
        writer.append(client).ok();
      }
      assertThat(writer.append(client).error())
          .isEqualTo("rate_limited rate limit exceeded: max 2 membership appends per hour");
    }
  }

  private static WireClient.Reply invite(WireClient client) {
    return client.request(
        "invitation.create", map("mailbox_id", Accesses.newCid(), "payload", "x"));
  }

  @Test
  void aSpaceAndAPersonHaveQuotas() {
    SharedSpace shared = SharedSpace.create(server);
    Member owner = shared.admin();
    String personal = owner.user().personalSpace();
    String large = newId();
    try (WireClient client = owner.connect()) {
      client.request("push", push(personal, put(large, 0, blob(900_000)))).ok();
      client.request("push", push(personal, put(newId(), 0, blob(900_000)))).ok();
      assertThat(client.request("push", push(personal, put(newId(), 0, blob(300_000)))).result())
          .hasToString(TOO_LARGE);
      assertQuota(upload(owner, personal, large, 300_000), QUOTA_SPACE, 1_800_000);
      assertThat(upload(owner, personal, large, 200_000).statusCode()).isEqualTo(201);

      // The space that the owner has created counts for the owner, whoever writes.
      Member writer = shared.invite("write");
      try (WireClient other = writer.connect()) {
        other
            .request("push", writer.params("changes", List.of(put(newId(), 0, blob(900_000)))))
            .ok();
        assertThat(
                other
                    .request(
                        "push", writer.params("changes", List.of(put(newId(), 0, blob(200_000)))))
                    .result())
            .hasToString(TOO_LARGE);
        // The record takes its file with it.
        client.request("push", push(personal, delete(large, 1))).ok();
        other
            .request("push", writer.params("changes", List.of(put(newId(), 0, blob(200_000)))))
            .ok();
      }
      assertThat(createSpace(client).code()).isNull();
      assertThat(createSpace(client).error())
          .isEqualTo("payload_too_large storage quota exceeded: max 2 spaces");
    }
    assertThat(server.process().output()).contains("limit reached: push, by person");
    assertThat(server.process().output()).contains("limit reached: upload, by person");
  }

  private static WireClient.Reply createSpace(WireClient client) {
    return client.request(
        "space.create", map("id", newId(), "root_public_key", TestKey.create().compressed()));
  }

  private static HttpResponse<byte[]> upload(Member owner, String space, String record, int size) {
    FileClient files =
        FileClient.of(
            server,
            owner.user().issuer().token().of(owner.user()).claim("scope", "sync files").sign(),
            space);
    return FileClient.send(
        files.putting(newId(), record, dek(1), BodyPublishers.ofByteArray(new byte[size])));
  }

  private static void assertQuota(HttpResponse<byte[]> response, long limit, long used) {
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(new String(response.body(), UTF_8))
        .isEqualTo(
            "{\"error\":\"storage quota exceeded\",\"limit\":%d,\"used\":%d}"
                .formatted(limit, used));
  }

  // Far more than the burst; the server may close before everything is sent.
  private static void flood(WireClient client, byte[] frame) {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (int i = 0; i < 2 * BURST; i++) {
      frames.writeBytes(frame);
    }
    try {
      client.wire().sendRaw(frames.toByteArray());
    } catch (UncheckedIOException e) {
      assertThat(e).hasCauseInstanceOf(SocketException.class);
    }
  }

  private static Handshake handshake(WebSocketWire wire, String... lines) {
    String[] all = Arrays.copyOf(lines, lines.length + 1);
    all[lines.length] = SUBPROTOCOL;
    return wire.handshake("/api/v1/ws", all);
  }

  // A push of one record, padded to this number of bytes.
  private static byte[] request(TestUser user, int size) {
    String id = newId();
    int others = request(user, id, 70_000).length - 70_000;
    byte[] request = request(user, id, size - others);
    assertThat(request).hasSize(size);
    return request;
  }

  private static byte[] request(TestUser user, String id, int blob) {
    return WireClient.encodeRequest(
        "push", "1", push(user.personalSpace(), put(id, 0, blob(blob))));
  }
}
