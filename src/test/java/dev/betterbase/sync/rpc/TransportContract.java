package dev.betterbase.sync.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What each transport must do on each server, over real sockets, with the probe application. What
 * the standard API cannot do, the test skips by an assumption.
 */
public abstract class TransportContract {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /**
   * The receive buffer of a stalled client, in bytes. With far smaller ones, TCP drops single
   * messages, and repeats them after ever longer pauses once the client reads on.
   */
  private static final int STALLED_BUFFER = 64 * 1024;

  /** The port of the probe application. */
  protected abstract int port();

  /** Whether this server offers the transport. */
  protected boolean offers(String transport) {
    return true;
  }

  private WebSocketWire open(String transport) {
    return open(transport, 0);
  }

  private WebSocketWire open(String transport, int receiveBuffer) {
    assumeThat(offers(transport)).isTrue();
    WebSocketWire wire = WebSocketWire.connect(port(), receiveBuffer);
    var handshake =
        wire.handshake(path(transport), "Sec-WebSocket-Protocol: " + ProbeApplication.SUBPROTOCOL);
    assertThat(handshake.status()).isEqualTo(101);
    assertThat(handshake.header("Sec-WebSocket-Protocol")).contains(ProbeApplication.SUBPROTOCOL);
    return wire;
  }

  /** The path of a transport, with the context root if the server has one. */
  protected String path(String transport) {
    return "/" + transport;
  }

  private static void command(WebSocketWire wire, String command) {
    wire.send(WebSocketWire.TEXT, command.getBytes(UTF_8));
  }

  private static Incoming read(WebSocketWire wire) {
    return wire.read(LIMIT).orElseThrow(() -> new AssertionError("nothing came"));
  }

  private static byte[] message(WebSocketWire wire) {
    for (Incoming incoming = read(wire); ; incoming = read(wire)) {
      switch (incoming) {
        case Incoming.Binary(byte[] payload) -> {
          return payload;
        }
        case Incoming.Ping(byte[] ignored) -> {}
        default -> fail("not a message: %s", incoming);
      }
    }
  }

  private static String answer(WebSocketWire wire, String command) {
    command(wire, command);
    return new String(message(wire), UTF_8);
  }

  private static void assertClosed(WebSocketWire wire, int code, String reason) {
    assertThat(read(wire)).isEqualTo(new Incoming.Close(code, reason));
    wire.send(WebSocketWire.CLOSE, new byte[] {(byte) (code >> 8), (byte) code});
    assertThat(read(wire)).isInstanceOf(Incoming.End.class);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void messagesOfEverySizeComeBackInOrder(String transport) {
    int[] sizes = {1, 125, 126, 127, 65_535, 65_536, 65_537, 1 << 20, 5 << 20, 2};
    try (WebSocketWire wire = open(transport)) {
      for (int size : sizes) {
        wire.send(WebSocketWire.BINARY, random(size));
        assertThat(message(wire)).isEqualTo(random(size));
      }
      for (int i = 1; i <= 1_000; i++) {
        wire.send(WebSocketWire.BINARY, random(i));
      }
      for (int i = 1; i <= 1_000; i++) {
        assertThat(message(wire)).isEqualTo(random(i));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void fragmentsAreJoinedAndPingsBetweenThemAnswered(String transport) {
    try (WebSocketWire wire = open(transport)) {
      wire.sendRaw(WebSocketWire.frame(WebSocketWire.BINARY, false, true, "one".getBytes(UTF_8)));
      wire.send(WebSocketWire.PING, "a".getBytes(UTF_8));
      wire.sendRaw(WebSocketWire.frame(WebSocketWire.CONTINUATION, false, true, new byte[0]));
      wire.sendRaw(
          WebSocketWire.frame(WebSocketWire.CONTINUATION, true, true, " two".getBytes(UTF_8)));
      assertThat(read(wire))
          .isInstanceOfSatisfying(
              Incoming.Pong.class, pong -> assertThat(pong.payload()).isEqualTo(new byte[] {'a'}));
      assertThat(new String(message(wire), UTF_8)).isEqualTo("one two");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void pingsGoOut(String transport) {
    try (WebSocketWire wire = open(transport)) {
      command(wire, "ping");
      assertThat(read(wire)).isInstanceOf(Incoming.Ping.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void aCloseOfThePeerIsAnsweredWithItsCode(String transport) {
    try (WebSocketWire wire = open(transport)) {
      wire.send(WebSocketWire.CLOSE, new byte[] {0x0F, (byte) 0xA0});
      assertThat(read(wire))
          .isInstanceOfSatisfying(
              Incoming.Close.class, close -> assertThat(close.code()).isEqualTo(4000));
      assertThat(read(wire)).isInstanceOf(Incoming.End.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void closeCodesAndReasonsArriveBehindWhatWasSent(String transport) {
    try (WebSocketWire wire = open(transport)) {
      command(wire, "stream 100 1000");
      command(wire, "close 4005 expected binary rpc frame");
      for (int i = 0; i < 100; i++) {
        assertThat(message(wire)).hasSize(1_000);
      }
      assertClosed(wire, 4005, "expected binary rpc frame");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void aMessageOverTheLimitCloses1009(String transport) {
    try (WebSocketWire wire = open(transport)) {
      command(wire, "limit 70000");
      wire.send(WebSocketWire.BINARY, random(70_000));
      assertThat(message(wire)).hasSize(70_000);
      wire.send(WebSocketWire.BINARY, random(70_001));
      assertClosed(wire, 1009, "message too big");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void listenersRunInTheContextOfTheApplication(String transport) {
    try (WebSocketWire wire = open(transport)) {
      assertThat(answer(wire, "context")).isEqualTo("class loader true, naming true");
      command(wire, "hold 50");
      String resumed = answer(wire, "context");
      if (resumed.equals("cannot")) {
        resumed = new String(message(wire), UTF_8);
      }
      assertThat(resumed).isEqualTo("class loader true, naming true");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"upgrade"})
  void nothingIsReadWhileReadingIsSuspended(String transport) {
    try (WebSocketWire wire = open(transport)) {
      command(wire, "hold 700");
      for (int i = 1; i <= 50; i++) {
        wire.send(WebSocketWire.BINARY, random(i));
      }
      assertThat(wire.read(Duration.ofMillis(200))).isEmpty();
      for (int i = 1; i <= 50; i++) {
        assertThat(message(wire)).isEqualTo(random(i));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"upgrade"})
  void repliesWithoutRoomSuspendReadingAndLoseNothing(String transport) throws Exception {
    try (WebSocketWire wire = open(transport, STALLED_BUFFER)) {
      // More than fits into the outbound queue and the buffers of the sockets.
      int count = 300;
      var writer = new Thread(() -> sendMany(wire, count));
      writer.start();
      Thread.sleep(500);
      for (int i = 0; i < count; i++) {
        assertThat(message(wire)).hasSize(64_000 + i);
      }
      writer.join(LIMIT.toMillis());
      assertThat(writer.isAlive()).isFalse();
    }
  }

  private static void sendMany(WebSocketWire wire, int count) {
    for (int i = 0; i < count; i++) {
      wire.send(WebSocketWire.BINARY, new byte[64_000 + i]);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void aConnectionThatIsResetOrEndsIsGone(String transport) {
    try (WebSocketWire observer = open(transport)) {
      int before = Integer.parseInt(answer(observer, "open"));
      WebSocketWire reset = open(transport);
      WebSocketWire ended = open(transport);
      WebSocketWire inTheMiddle = open(transport);
      if (transport.equals("standard")) {
        // Tyrus does not notice a reset right after the handshake; the server closes such
        // connections later.
        assertThat(answer(reset, "frames")).isEqualTo("1");
        assertThat(answer(ended, "frames")).isEqualTo("1");
        assertThat(answer(inTheMiddle, "frames")).isEqualTo("1");
      }
      inTheMiddle.sendRaw(WebSocketWire.header(WebSocketWire.BINARY, true, true, 100));
      reset.cut();
      ended.endOutput();
      inTheMiddle.cut();
      await().atMost(LIMIT).until(() -> Integer.parseInt(answer(observer, "open")) <= before);
      ended.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void bytesThatThePeerDoesNotTakeAreCounted(String transport) {
    String name = UUID.randomUUID().toString();
    try (WebSocketWire observer = open(transport);
        WebSocketWire stalled = open(transport, STALLED_BUFFER)) {
      assertThat(answer(stalled, "name " + name)).isEqualTo("named");
      await().atMost(LIMIT).until(() -> unsent(observer, name) == 0);
      command(stalled, "stream 12000 600");
      await().atMost(LIMIT).until(() -> unsent(observer, name) > 0);
      for (int i = 0; i < 12_000; i++) {
        assertThat(message(stalled)).hasSize(600);
      }
      await().atMost(LIMIT).until(() -> unsent(observer, name) == 0);
    }
  }

  private static long unsent(WebSocketWire observer, String name) {
    return Long.parseLong(answer(observer, "counts " + name).split(" ", 2)[0]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "upgrade"})
  void slowConsumersAreToldAheadOfWhatIsUnsent(String transport) {
    String name = UUID.randomUUID().toString();
    try (WebSocketWire observer = open(transport);
        WebSocketWire stalled = open(transport, STALLED_BUFFER)) {
      assertThat(answer(stalled, "name " + name)).isEqualTo("named");
      command(stalled, "stream 60000 600");
      await().atMost(LIMIT).until(() -> unsent(observer, name) > 0);
      command(observer, "close-now-other " + name);
      int messages = 0;
      Incoming last = read(stalled);
      while (last instanceof Incoming.Binary) {
        messages++;
        last = read(stalled);
      }
      assertThat(messages).isLessThan(60_000);
      if (transport.equals("standard")) {
        // Tyrus drops the close frame together with its queue.
        assumeThat(last).isInstanceOf(Incoming.Close.class);
      }
      assertThat(last).isEqualTo(new Incoming.Close(4006, "slow consumer"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"upgrade"})
  void aCutEndsTheConnectionAtOnceWhateverIsUnsent(String transport) {
    String name = UUID.randomUUID().toString();
    try (WebSocketWire observer = open(transport);
        WebSocketWire stalled = open(transport, STALLED_BUFFER)) {
      assertThat(answer(stalled, "name " + name)).isEqualTo("named");
      command(stalled, "stream 60000 600");
      await().atMost(LIMIT).until(() -> unsent(observer, name) > 0);
      command(observer, "cut " + name);
      int messages = 0;
      Incoming last = read(stalled);
      while (last instanceof Incoming.Binary) {
        messages++;
        last = read(stalled);
      }
      assertThat(messages).isLessThan(60_000);
      assertThat(last).isInstanceOf(Incoming.End.class);
    }
  }

  /** Each thing that the upgrade transport does with Payara's own classes has its effect. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "handler=by the servlet", // made without CDI
        "queue=1", // bounded in bytes
        "headers before=true, headers after=0, room for headers=1 and 1",
        "room for parameters=0 and 0",
        "handler kept=true then false",
        "open=true true",
        "unread=false of a socket true",
        "direct=idle true"
      })
  void eachTrickWorksOnPayara(String effect) {
    try (WebSocketWire wire = open("tricks")) {
      assertThat(new String(message(wire), UTF_8)).contains(effect);
      assertThat(read(wire)).as("the connection is terminated").isInstanceOf(Incoming.End.class);
    }
  }
}
