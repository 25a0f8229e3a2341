package dev.betterbase.sync.federation.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.federation.TestPeer;
import dev.betterbase.sync.federation.calling.FakeHome;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A trusted peer that sends rubbish, floods, lies or stops reading harms only itself. */
@IntegrationTest
class BadPeerIT {
  private static final TestPeer RUBBISH = SharedServers.peer("rubbish");
  private static final TestPeer FLOODER = SharedServers.peer("flooder");
  private static final TestPeer LIAR = SharedServers.peer("liar");
  private static final TestPeer SLOW = SharedServers.peer("slow");

  /** One for each test, since they run side by side and a peer may have two connections. */
  private static final List<TestPeer> GOOD =
      List.of(
          SharedServers.peer("good0"), SharedServers.peer("good1"), SharedServers.peer("good2"));

  /** The home of some spaces; the test plays both sides of it. */
  private static final TestPeer HOME = SharedServers.peer("localhost");

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = SharedServers.peered();
  }

  private static int port() {
    return server.process().port();
  }

  private static JsonNode push(WireClient client, Member member, Object... changes) {
    JsonNode pushed = client.request("push", member.params("changes", List.of(changes))).ok();
    assertThat(pushed.get("ok").asBoolean()).as(pushed.toString()).isTrue();
    return pushed;
  }

  private static Object newRecord(int length) {
    return Requests.put(Requests.newId(), 0, Requests.blob(length));
  }

  private static void assertServed(TestPeer peer) {
    SharedSpace space = SharedSpace.create(server);
    try (WireClient client = peer.connect(port())) {
      push(client, space.admin(), newRecord(1));
    }
  }

  @Test
  void rubbishEndsTheConnectionThatItCameOn() {
    try (WireClient peer = RUBBISH.connect(port())) {
      peer.wire().send(WebSocketWire.BINARY, new byte[] {(byte) 0xFF, 1, 2});
      peer.expectClose(4005, "invalid cbor frame");
    }
    try (WireClient peer = RUBBISH.connect(port())) {
      peer.wire().send(WebSocketWire.TEXT, new byte[] {'{', '}'});
      peer.expectClose(4005, "expected binary rpc frame");
    }
    try (WireClient peer = RUBBISH.connect(port())) {
      peer.wire().sendRaw(new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0, 0});
      assertThat(peer.awaitClose(WireClient.LIMIT).code()).isEqualTo(1002);
    }
    assertServed(GOOD.get(0));
  }

  @Test
  void floodEndsTheConnectionThatItCameOn() {
    SharedSpace space = SharedSpace.create(server);
    try (WireClient peer = FLOODER.connect(port());
        WireClient local = space.admin().connect()) {
      for (int i = 0; i < 600 && peer.isOpen(); i++) {
        peer.notify("unsubscribe", Requests.unsubscribe(space.id()));
      }
      peer.expectClose(4007, "rate limit exceeded");
      push(local, space.admin(), newRecord(1));
    }
    assertServed(GOOD.get(1));
  }

  private static Map<String, Object> sync(String space, long cursor) {
    return Requests.map(
        "space",
        space,
        "prev",
        cursor - 1,
        "cursor",
        cursor,
        "key_generation",
        0,
        "records",
        List.of(Requests.map("id", Requests.newId(), "cursor", cursor, "deleted", true)));
  }

  /** One lie is about a local space, and one about a space of another peer. */
  @Test
  void liesAboutSpacesThatAreNotItsOwnReachNobody() throws IOException {
    SharedSpace local = SharedSpace.create(server);
    int homePort = Ports.free();
    Member member = SharedSpace.createElsewhere(server, "localhost:" + homePort).admin();
    try (FakeHome called =
            new FakeHome(homePort, (message, peer) -> peer.send(FakeHome.granted(message)));
        WireClient here = local.admin().connect();
        WireClient elsewhere = member.connect();
        WireClient liar = LIAR.connect(port());
        WireClient home = HOME.connect(port())) {
      here.request("subscribe", local.admin().spaces(0)).ok();
      assertThat(elsewhere.request("subscribe", member.spaces(0)).ok().get("spaces")).hasSize(1);
      assertThat(called.calls()).isEqualTo(1);

      for (String space : List.of(local.id(), member.space())) {
        liar.notify("sync", sync(space, 6));
        liar.notify("membership", Requests.map("space", space, "cursor", 6, "entries", List.of()));
        liar.notify("file", Requests.map("space", space, "cursor", 6, "files", List.of()));
        liar.notify("revoked", Requests.map("space", space, "reason", "a lie"));
      }
      home.notify("sync", sync(local.id(), 6));
      // What follows them on the same connections is answered, so they were read.
      assertThat(liar.request("x", Map.of()).error()).startsWith("method_not_found");
      assertThat(home.request("x", Map.of()).error()).startsWith("method_not_found");

      push(here, local.admin(), newRecord(1));
      home.notify("sync", sync(member.space(), 6));
      assertThat(elsewhere.expectNotification("sync").get("space").asText())
          .isEqualTo(member.space());
      for (WireClient client : List.of(here, elsewhere)) {
        for (String method : List.of("sync", "membership", "file", "revoked")) {
          assertThat(client.pollNotification(method, Duration.ofMillis(200))).isEmpty();
        }
      }
    }
  }

  @Test
  void pullThatIsNotReadHoldsNobodyElseBack() {
    SharedSpace space = SharedSpace.create(server);
    Member admin = space.admin();
    int records = 4_000;
    try (WireClient local = admin.connect();
        WireClient slow = SLOW.connect(port());
        WireClient good = GOOD.get(2).connect(port())) {
      for (int i = 0; i < records / 400; i++) {
        push(local, admin, Stream.generate(() -> newRecord(4_000)).limit(400).toArray());
      }
      String pull = slow.start("pull", admin.spaces(0));

      assertThat(good.request("pull", admin.spaces(0)).ok().get("_chunks").asInt())
          .isEqualTo(records + 2);
      push(local, admin, newRecord(1));
      push(good, admin, newRecord(1));

      // The slow one loses nothing either, once it reads again.
      assertThat(slow.await(pull).ok().get("_chunks").asInt()).isEqualTo(records + 2);
    }
  }
}
