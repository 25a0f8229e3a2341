package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Handshake;
import dev.betterbase.sync.testing.WireClient;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The limits of protocol.md on a server whose settings make them small. The tests run one after
 * another because they share the limited resources.
 */
@IntegrationTest
@Execution(ExecutionMode.SAME_THREAD)
class TightLimitsIT {
  private static final int MAX_FRAME = 1 << 20;
  private static final int MAX_UNAUTHENTICATED = 5;
  private static final int FRAMES_PER_SECOND = 50;
  private static final int BURST = 4 * FRAMES_PER_SECOND;
  private static final String SUBPROTOCOL = "Sec-WebSocket-Protocol: betterbase-rpc-v1";
  private static final String FROM_THE_CROWD = "X-Forwarded-For: 203.0.113.9, 198.51.100.1";
  private static final byte[] MASK_AND_ONE_BYTE = new byte[5];

  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            options ->
                options
                    .name("limits")
                    .with("DATABASE_URL", TestPostgres.shared().newDatabase().url())
                    .with("MAX_FRAME_BYTES", Integer.toString(MAX_FRAME))
                    .with("MAX_UNAUTHENTICATED", Integer.toString(MAX_UNAUTHENTICATED))
                    .with("TRUSTED_PROXIES", "127.0.0.0/8, ::1")
                    .with("MAX_CONNECTIONS_PER_MAILBOX", "1")
                    .with("FRAMES_PER_SECOND", Integer.toString(FRAMES_PER_SECOND)));
  }

  @AfterAll
  static void stop() {
    server.close();
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
    List<WebSocketWire> waiting = new ArrayList<>();
    try {
      var admitted = new AtomicInteger();
      // A client of an earlier test may not be gone yet and still have its place.
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                WebSocketWire wire = WebSocketWire.connect(server.process().port(), 0);
                waiting.add(wire);
                return handshake(wire).status() == 101
                    && admitted.incrementAndGet() == MAX_UNAUTHENTICATED;
              });
      try (WebSocketWire wire = WebSocketWire.connect(server.process().port(), 0)) {
        Handshake refused = handshake(wire);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.headers().get("x-protocol-version")).containsExactly("1");
        assertThat(refused.body()).startsWith("{\"error\":");
      }
    } finally {
      waiting.forEach(WebSocketWire::cut);
    }
    // Clients that went away silently make room, as do those that authenticate.
    for (int i = 0; i < 2 * MAX_UNAUTHENTICATED; i++) {
      await()
          .atMost(Duration.ofSeconds(20))
          .ignoreExceptionsMatching(AssertionError.class::isInstance)
          .untilAsserted(
              () -> {
                try (WireClient client = server.connect(server.newUser())) {
                  client.expectOpen();
                }
              });
    }
  }

  /** A crowd from one address keeps only itself out. */
  @Test
  void clientsOfOtherAddressesFindAPlace() {
    List<WebSocketWire> crowd = new ArrayList<>();
    try {
      do {
        crowd.add(WebSocketWire.connect(server.process().port(), 0));
      } while (handshake(crowd.getLast(), FROM_THE_CROWD).status() == 101);
      try (WireClient other =
          WireClient.open(
              server.process().port(),
              "/api/v1/ws",
              SUBPROTOCOL,
              "Forwarded: for=\"[2001:db8::1]:4711\"")) {
        other.authenticate(server.newUser().token()).expectOpen();
      }
      assertThat(crowd.getFirst().read(WireClient.LIMIT))
          .contains(new WebSocketWire.Incoming.Close(1001, "too many unauthenticated connections"));
    } finally {
      crowd.forEach(WebSocketWire::cut);
    }
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
          .isEqualTo(new WebSocketWire.Incoming.Close(4005, "message too slow"));
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

  // Far more than the burst; the server may close before everything is sent.
  private static void flood(WireClient client, byte[] frame) {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (int i = 0; i < 2 * BURST; i++) {
      frames.writeBytes(frame);
    }
    try {
      client.wire().sendRaw(frames.toByteArray());
    } catch (UncheckedIOException e) {
      assertThat(e).hasMessageContaining("Broken pipe");
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
