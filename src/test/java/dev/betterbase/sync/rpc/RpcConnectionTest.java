package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.settings.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A connection from its first frame to its end, by virtual clocks (protocol.md). */
class RpcConnectionTest {

  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] KEEPALIVE = FrameWriter.keepalive();

  private final Ask ask = new Ask();
  private final Count count = new Count();
  private final TestNode node = new TestNode(ask, count, new TokenRefreshHandler());
  private final FakeTransport transport = new FakeTransport();

  /** A request that answers, fails, or does what the test wants. */
  private static final class Ask implements RequestHandler<String> {
    private final List<String> log = new ArrayList<>();
    private Runnable meanwhile = () -> {};

    @Override
    public Set<String> methods() {
      return Set.of("ask");
    }

    @Override
    public String invalidParams() {
      return "invalid ask params";
    }

    @Override
    public String read(CborReader reader) {
      String text = "";
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "text" -> text = reader.text();
          default -> reader.skip();
        }
      }
      return text;
    }

    @Override
    public Reply handle(RpcConnection connection, String text) {
      log.add(text);
      meanwhile.run();
      return switch (text) {
        case "forbidden" -> throw new Failure.Forbidden();
        case "fault" -> throw new IllegalStateException("a secret");
        default -> Reply.of(textBody(text)).then(() -> log.add("after " + text));
      };
    }
  }

  /** A stream of as many batches as were asked for, each of as many chunks. */
  private static final class Count implements StreamHandler<Integer> {
    private final AtomicInteger open = new AtomicInteger();
    private int chunkBytes = 10;
    private int chunksPerBatch = 3;
    private int breakAt = Integer.MAX_VALUE;

    @Override
    public Set<String> methods() {
      return Set.of("count");
    }

    @Override
    public String invalidParams() {
      return "invalid count params";
    }

    @Override
    public Integer read(CborReader reader) {
      int batches = 0;
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "batches" -> batches = reader.int32();
          default -> reader.skip();
        }
      }
      return batches;
    }

    @Override
    public ChunkStream open(RpcConnection connection, Integer batches) {
      open.incrementAndGet();
      return new ChunkStream() {
        private int batch;

        @Override
        public boolean next(Chunks chunks) {
          if (batch == breakAt) {
            throw new IllegalStateException("the stream broke");
          }
          for (int i = 0; i < chunksPerBatch; i++) {
            chunks.add("n", data -> data.bytes(new byte[chunkBytes]));
          }
          return ++batch < batches;
        }

        @Override
        public Body result(int chunks) {
          return writer -> writer.beginMap(1).field("_chunks", chunks).endMap();
        }
      };
    }
  }

  @Test
  void authenticatesAndAnswersWhatFollowsAtOnce() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(request("1", "ask", "hello"));
    assertSent(FrameWriter.result("1", textBody("hello")));
    assertThat(transport.close()).isNull();
    assertThat(connection.caller().subject()).isEqualTo("alice");
  }

  @ParameterizedTest
  @CsvSource({
    "'', empty auth frame",
    "ff, invalid auth frame",
    "f6, invalid auth frame",
    "a0, invalid auth frame",
    "a2647479706502666d6574686f646461757468, invalid auth frame",
    "a3647479706502666d6574686f646461757468" + "66706172616d73a165746f6b656e60, empty auth token",
    "a3647479706502666d6574686f646470757368"
        + "66706172616d73a165746f6b656e6178, "
        + "first frame must be an auth notification"
  })
  void closes4000WhereTheFirstFrameIsWrong(String hex, String reason) {
    node.open(transport).binary(HEX.parseHex(hex.replace(" ", "")));
    assertClosed(CloseCode.AUTH_FAILED, reason);
  }

  @Test
  void closes4000WhereTheFirstMessageIsText() {
    node.open(transport).text();
    assertClosed(CloseCode.AUTH_FAILED, "expected binary auth frame");
  }

  @Test
  void closes4000WhereTheTokenIsRefused() {
    assertRefused(TestNode.auth("x.y.z"), "invalid auth token");
    assertRefused(
        TestNode.auth(node.token("alice", claims -> claims.issuer("https://evil.example.com"))),
        "untrusted auth issuer");
    assertRefused(TestNode.auth(node.token("alice", Duration.ofDays(-1))), "expired auth token");
    assertRefused(
        TestNode.auth(node.token("alice", claims -> claims.claim("scope", "files synchrony"))),
        "sync scope required");
  }

  private void assertRefused(byte[] auth, String reason) {
    var own = new FakeTransport();
    node.open(own).binary(auth);
    assertThat(own.close()).isEqualTo(new Close(CloseCode.AUTH_FAILED, reason));
  }

  @Test
  void closes1009WhereTheFirstMessageIsOver64KiB() {
    node.open(transport).binary(new byte[65_537]);
    assertClosed(CloseCode.MESSAGE_TOO_BIG, "message too big");
  }

  @Test
  void waitsFiveSecondsForTheFirstFrame() {
    RpcConnection connection = node.open(transport);
    pass(connection, Duration.ofMillis(4_999));
    assertThat(transport.close()).isNull();
    pass(connection, Duration.ofMillis(1));
    assertClosed(CloseCode.AUTH_FAILED, "auth timeout");
  }

  @Test
  void placesOfThoseThatWaitAreBoundedReservedAndGivenBack() {
    var full = new TestNode(limits(70_000, 2));
    assertThat(full.waitingRoom().reserve()).isTrue();
    RpcConnection first = full.open(transport);
    assertThat(full.waitingRoom().reserve()).isTrue();
    assertThat(full.waitingRoom().reserve()).as("one waits, one is on its way").isFalse();
    full.waitingRoom().withdraw();
    assertThat(full.waitingRoom().reserve()).isTrue();
    full.pass(Duration.ofSeconds(10));
    assertThat(full.waitingRoom().reserve()).as("the last one never came").isTrue();
    assertThat(full.waitingRoom().reserve()).isFalse();
    first.closed();
    assertThat(full.waitingRoom().reserve()).isTrue();
    full.connect(new FakeTransport(), "alice");
    assertThat(full.waitingRoom().reserve()).as("an authenticated one waits no more").isTrue();
  }

  @Test
  void aPongIsNoFirstFrame() {
    RpcConnection connection = node.open(transport);
    connection.pong();
    pass(connection, Duration.ofSeconds(5));
    assertClosed(CloseCode.AUTH_FAILED, "auth timeout");
  }

  @Test
  void takesLargerMessagesOnceAuthenticated() {
    node.connect(transport, "alice").binary(request("1", "ask", "x".repeat(100_000)));
    assertSent(FrameWriter.result("1", textBody("x".repeat(100_000))));
  }

  @Test
  void countsConnectionsByPersonAndFreesTheSlotAtTheEnd() {
    RpcConnection first = node.connect(new FakeTransport(), "alice");
    node.connect(new FakeTransport(), "alice");
    node.connect(new FakeTransport(), "alice");
    node.connect(transport, "alice");
    assertClosed(CloseCode.TOO_MANY_CONNECTIONS, "too many connections");

    var other = new FakeTransport();
    node.connect(other, "bob");
    assertThat(other.close()).isNull();

    first.closed();
    var next = new FakeTransport();
    node.connect(next, "alice");
    assertThat(next.close()).isNull();
  }

  @Test
  void countsConnectionsByMailboxWhereThereIsOne() {
    for (int i = 0; i < 3; i++) {
      connectTo(new FakeTransport(), "person-" + i, "a".repeat(64));
    }
    connectTo(transport, "person-4", "a".repeat(64));
    assertClosed(CloseCode.TOO_MANY_CONNECTIONS, "too many connections");
    var other = new FakeTransport();
    connectTo(other, "person-4", "b".repeat(64));
    assertThat(other.close()).isNull();
  }

  @Test
  void aRefusedConnectionTakesNoSlot() {
    List<RpcConnection> three = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      three.add(node.connect(new FakeTransport(), "alice"));
    }
    for (int i = 0; i < 5; i++) {
      RpcConnection refused = node.connect(new FakeTransport(), "alice");
      refused.closed();
    }
    three.getFirst().closed();
    node.connect(transport, "alice");
    assertThat(transport.close()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "'', empty binary frame",
    "80, invalid cbor frame",
    "a0, invalid cbor frame",
    "a1647479706561, invalid cbor frame"
  })
  void closes4005WhereAFrameIsMalformed(String hex, String reason) {
    node.connect(transport, "alice").binary(HEX.parseHex(hex));
    assertClosed(CloseCode.PROTOCOL_ERROR, reason);
  }

  @Test
  void closes4005OnText() {
    node.connect(transport, "alice").text();
    assertClosed(CloseCode.PROTOCOL_ERROR, "expected binary rpc frame");
  }

  @Test
  void ignoresKeepalivesResponsesAndUnknownNotifications() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(KEEPALIVE);
    connection.binary(FrameWriter.result("1", textBody("x")));
    connection.binary(FrameWriter.notification("nope", textBody("x")));
    assertThat(transport.sent()).isEmpty();
    assertThat(transport.close()).isNull();
  }

  @Test
  void answersErrorsAndHidesFaults() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(request("1", "nope", "x"));
    connection.binary(request("2", "ask", "forbidden"));
    connection.binary(request("3", "ask", "fault"));
    connection.binary(
        HEX.parseHex("a4647479706500626964613466" + "6d6574686f64" + "6361736b66706172616d7301"));
    assertSent(
        error("1", new Failure.MethodNotFound("nope")),
        error("2", new Failure.Forbidden()),
        error("3", new Failure.Internal(new IllegalStateException())),
        error("4", new Failure.InvalidParams("invalid ask params")));
  }

  @Test
  void doesWhatFollowsAReplyBehindIt() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(request("1", "ask", "x"));
    assertThat(ask.log).containsExactly("x", "after x");
  }

  @Test
  void closes4007OverTheRateAndItsBurst() {
    var limits = Limits.defaults();
    RpcConnection connection = node.connect(transport, "alice");
    for (int i = 1; i < 4 * limits.framesPerSecond(); i++) {
      connection.binary(KEEPALIVE);
    }
    assertThat(transport.close()).isNull();
    node.pass(Duration.ofMillis(2));
    for (int i = 0; i < 10; i++) {
      connection.binary(KEEPALIVE);
    }
    assertThat(transport.close()).isNull();
    connection.pong();
    assertClosed(CloseCode.RATE_LIMITED, "rate limit exceeded");
  }

  @Test
  void closes1009OverTheLargestFrame() {
    var small = new TestNode(limits(70_000, 10));
    small.connect(transport, "alice").binary(new byte[70_001]);
    assertClosed(CloseCode.MESSAGE_TOO_BIG, "message too big");
  }

  @Test
  void sendsKeepaliveAndPingEvery30Seconds() {
    RpcConnection connection = node.connect(transport, "alice");
    for (int second = 1; second <= 70; second++) {
      pass(connection, Duration.ofSeconds(1));
    }
    assertSent(KEEPALIVE, KEEPALIVE);
    assertThat(transport.pings()).isEqualTo(2);
  }

  @Test
  void closes1001After75SecondsOfSilence() {
    RpcConnection connection = node.connect(transport, "alice");
    pass(connection, Duration.ofSeconds(74));
    connection.pong();
    pass(connection, Duration.ofSeconds(74));
    assertThat(transport.close()).isNull();
    pass(connection, Duration.ofSeconds(1));
    assertClosed(CloseCode.GOING_AWAY, "no sign of life");
    var next = new FakeTransport();
    for (int i = 0; i < 3; i++) {
      node.connect(next, "alice");
    }
    assertThat(next.close()).as("its slot is free").isNull();
  }

  @Test
  void livesAboutAnHour() {
    RpcConnection connection = connectUntil(Duration.ofHours(3));
    passAlive(connection, Duration.ofMinutes(54).minusSeconds(1));
    assertThat(transport.close()).isNull();
    passAlive(connection, Duration.ofMinutes(12).plusSeconds(2));
    assertClosed(CloseCode.GOING_AWAY, "connection timeout");
  }

  @Test
  void waitsForAStreamBeforeItEndsButTenMinutesAtMost() {
    RpcConnection connection = connectUntil(Duration.ofHours(3));
    count.chunkBytes = 1 << 20;
    connection.binary(countRequest("1", 2));
    passAlive(connection, Duration.ofMinutes(66));
    assertThat(transport.close()).isNull();
    passAlive(connection, Duration.ofMinutes(10));
    assertClosed(CloseCode.GOING_AWAY, "connection timeout");
  }

  @Test
  void closes4001WhenTheTokenExpires() {
    RpcConnection connection = connectUntil(Duration.ofSeconds(60));
    passAlive(connection, Duration.ofSeconds(60));
    assertThat(transport.close()).as("exp is now").isNull();
    passAlive(connection, Duration.ofSeconds(1));
    assertClosed(CloseCode.TOKEN_EXPIRED, "token expired");
  }

  @Test
  void goesOnUnderARefreshedToken() {
    RpcConnection connection = connectUntil(Duration.ofSeconds(60));
    node.pass(Duration.ofSeconds(50));
    connection.binary(refresh("1", node.token("alice")));
    assertSent(FrameWriter.result("1", writer -> writer.beginMap(1).field("ok", true).endMap()));
    passAlive(connection, Duration.ofSeconds(60));
    assertThat(transport.close()).isNull();
  }

  @Test
  void refusesARefreshThatDoesNotFit() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(refresh("1", ""));
    connection.binary(refresh("2", "x.y.z"));
    connection.binary(refresh("3", node.token("alice", Duration.ofDays(-1))));
    connection.binary(
        refresh("4", node.token("alice", claims -> claims.issuer("https://evil.example.com"))));
    connection.binary(refresh("5", node.token("alice", claims -> claims.claim("scope", "files"))));
    connection.binary(refresh("6", node.token("bob")));
    connection.binary(
        refresh("7", node.token("alice", claims -> claims.claim("client_id", "another"))));
    assertSent(
        refused("1", "missing auth token"),
        refused("2", "invalid auth token"),
        refused("3", "expired auth token"),
        refused("4", "untrusted auth issuer"),
        refused("5", "sync scope required"),
        refused("6", "token identity mismatch"),
        refused("7", "token identity mismatch"));
  }

  @Test
  void aRefreshMovesTheCountToTheNewMailbox() {
    RpcConnection moving = connectTo(transport, "alice", "a".repeat(64));
    moving.binary(
        refresh("1", node.token("alice", claims -> claims.claim("mailbox_id", "b".repeat(64)))));
    var others = new FakeTransport();
    for (int i = 0; i < 3; i++) {
      connectTo(others, "alice", "a".repeat(64));
    }
    assertThat(others.close()).isNull();
    for (int i = 0; i < 2; i++) {
      connectTo(others, "alice", "b".repeat(64));
    }
    assertThat(others.close()).isNull();
    connectTo(others, "alice", "b".repeat(64));
    assertThat(others.close()).isEqualTo(Close.TOO_MANY_CONNECTIONS);
  }

  @Test
  void aRefreshToAFullMailboxClosesBehindItsReply() {
    RpcConnection moving = node.connect(transport, "alice");
    for (int i = 0; i < 3; i++) {
      connectTo(new FakeTransport(), "alice", "b".repeat(64));
    }
    moving.binary(
        refresh("1", node.token("alice", claims -> claims.claim("mailbox_id", "b".repeat(64)))));
    assertSent(FrameWriter.result("1", writer -> writer.beginMap(1).field("ok", true).endMap()));
    assertClosed(CloseCode.TOO_MANY_CONNECTIONS, "too many connections");
  }

  @Test
  void aShortStreamIsAnsweredInOrder() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 1));
    connection.binary(request("2", "ask", "x"));
    assertSent(
        chunk("1"),
        chunk("1"),
        chunk("1"),
        counted("1", 3),
        FrameWriter.result("2", textBody("x")));
  }

  @Test
  void aLongStreamGoesOnBesideOtherRequests() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 2));
    connection.binary(request("2", "ask", "x"));
    assertSent(chunk("1"), chunk("1"), chunk("1"), FrameWriter.result("2", textBody("x")));
    node.runStreams();
    assertThat(transport.sent()).hasSize(8);
    assertThat(transport.sent().getLast()).isEqualTo(counted("1", 6));
  }

  @Test
  void twoStreamsRunEightWaitAndOneMoreIsRefused() {
    RpcConnection connection = node.connect(transport, "alice");
    for (int i = 1; i <= 10; i++) {
      connection.binary(countRequest("s" + i, 2));
    }
    assertSent(chunk("s1"), chunk("s1"), chunk("s1"), chunk("s2"), chunk("s2"), chunk("s2"));
    connection.binary(countRequest("s11", 2));
    assertThat(transport.sent().getLast())
        .isEqualTo(error("s11", new Failure.RateLimited("too many streams")));
    node.runStreams();
    assertThat(transport.sent()).hasSize(1 + 10 * 7);
    connection.binary(countRequest("s12", 1));
    assertThat(transport.sent().getLast()).isEqualTo(counted("s12", 3));
  }

  @Test
  void aStreamHoldsNoThreadAndOneBatchWhileTheClientDoesNotRead() {
    RpcConnection connection = node.connect(transport, "alice");
    transport.stopReading();
    count.chunkBytes = 1 << 20;
    connection.binary(countRequest("1", 20));
    node.runStreams();
    int handedOver = transport.sent().size();
    assertThat(connection.outbound().waitingBytes()).isLessThanOrEqualTo(4 << 20);
    assertThat(node.hasStreamSteps()).as("no thread is wanted").isFalse();
    assertThat(handedOver).isEqualTo(1);
    transport.read();
    node.runStreams();
    assertThat(transport.sent()).hasSize(61);
    assertThat(transport.sent().getLast()).isEqualTo(counted("1", 60));
  }

  @Test
  void aStreamThatBreaksEndsInAnError() {
    RpcConnection connection = node.connect(transport, "alice");
    count.breakAt = 1;
    connection.binary(countRequest("1", 3));
    node.runStreams();
    assertSent(
        chunk("1"),
        chunk("1"),
        chunk("1"),
        error("1", new Failure.Internal(new IllegalStateException())));
    count.breakAt = Integer.MAX_VALUE;
    connection.binary(countRequest("2", 1));
    assertThat(transport.sent().getLast()).as("its place is free").isEqualTo(counted("2", 3));
  }

  @Test
  void streamsOfAClosedConnectionEnd() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(countRequest("1", 1_000_000));
    node.runOneStreamStep();
    connection.closed();
    node.runStreams();
    assertThat(node.hasStreamSteps()).isFalse();
  }

  @Test
  void anOrderlyCloseWaitsForTheRequestInHand() {
    RpcConnection connection = node.connect(transport, "alice");
    ask.meanwhile =
        () -> {
          connection.closeInOrder(Close.SHUTTING_DOWN);
          assertThat(transport.close()).isNull();
        };
    connection.binary(request("1", "ask", "x"));
    assertSent(FrameWriter.result("1", textBody("x")));
    assertClosed(CloseCode.GOING_AWAY, "server shutting down");
    connection.binary(request("2", "ask", "y"));
    assertThat(ask.log).containsExactly("x", "after x");
  }

  @Test
  void aCloseFrameGoesOutBehindTheFrameInHandAndAheadOfWhatWaits() {
    RpcConnection connection = node.connect(transport, "alice");
    transport.stopReading();
    for (int i = 0; i < 256 + 2; i++) {
      connection.send(new Notification.Lasting(new SpaceId(new UUID(1, i)), new byte[10]));
    }
    assertThat(transport.close()).isNull();
    transport.read();
    assertClosed(CloseCode.SLOW_CONSUMER, "slow consumer");
    assertThat(transport.sent()).hasSize(1);
  }

  @Test
  void closes4006WhereTheSocketTakesNothingFor30Seconds() {
    RpcConnection connection = node.connect(transport, "alice");
    transport.stopReading();
    connection.binary(request("1", "ask", "x"));
    pass(connection, Duration.ofSeconds(29));
    assertThat(connection.isOpen()).isTrue();
    pass(connection, Duration.ofSeconds(1));
    assertThat(connection.isOpen()).isFalse();
    pass(connection, Duration.ofSeconds(10));
    assertClosed(CloseCode.SLOW_CONSUMER, "slow consumer");
    pass(connection, Duration.ofSeconds(50));
    assertThat(node.gone()).containsExactly(connection);
  }

  @Test
  void endsOnceHoweverItEnds() {
    RpcConnection connection = node.connect(transport, "alice");
    var ended = new AtomicInteger();
    connection.onEnd(ended::incrementAndGet);
    connection.text();
    connection.closed();
    connection.closed();
    assertThat(ended).hasValue(1);
    connection.onEnd(ended::incrementAndGet);
    assertThat(ended).as("at once where it has ended").hasValue(2);
    assertThat(node.gone()).containsOnly(connection);
  }

  private static Limits limits(int maxFrameBytes, int maxUnauthenticated) {
    Limits usual = Limits.defaults();
    return new Limits(
        maxFrameBytes,
        usual.maxConnectionsPerMailbox(),
        maxUnauthenticated,
        usual.framesPerSecond(),
        usual.invitationsPerHour(),
        usual.membershipAppendsPerHour());
  }

  private RpcConnection connectTo(FakeTransport to, String subject, String mailbox) {
    RpcConnection connection = node.open(to);
    connection.binary(
        TestNode.auth(node.token(subject, claims -> claims.claim("mailbox_id", mailbox))));
    return connection;
  }

  private RpcConnection connectUntil(Duration life) {
    RpcConnection connection = node.open(transport);
    connection.binary(TestNode.auth(node.token("alice", life)));
    return connection;
  }

  private void pass(RpcConnection connection, Duration duration) {
    node.pass(duration);
    connection.tick();
  }

  /** Lets time pass with a client that answers pings. */
  private void passAlive(RpcConnection connection, Duration duration) {
    Duration left = duration;
    Duration step = Duration.ofSeconds(10);
    while (left.compareTo(Duration.ZERO) > 0) {
      Duration now = left.compareTo(step) < 0 ? left : step;
      connection.pong();
      pass(connection, now);
      left = left.minus(now);
    }
  }

  private void assertSent(byte[]... frames) {
    assertThat(transport.sent().stream().map(HEX::formatHex))
        .containsExactlyElementsOf(List.of(frames).stream().map(HEX::formatHex).toList());
  }

  private void assertClosed(CloseCode code, String reason) {
    assertThat(transport.close()).isEqualTo(new Close(code, reason));
  }

  private static Body textBody(String text) {
    return writer -> writer.beginMap(1).field("text", text).endMap();
  }

  private byte[] chunk(String id) {
    return FrameWriter.chunk(id, "n", data -> data.bytes(new byte[count.chunkBytes]));
  }

  private static byte[] counted(String id, int chunks) {
    return FrameWriter.result(id, writer -> writer.beginMap(1).field("_chunks", chunks).endMap());
  }

  private static byte[] refused(String id, String error) {
    return FrameWriter.result(
        id, writer -> writer.beginMap(2).field("ok", false).field("error", error).endMap());
  }

  private static byte[] error(String id, Failure failure) {
    return FrameWriter.error(id, WireError.of(failure));
  }

  private static byte[] request(String id, String method, String text) {
    return Frames.request(id, method, Map.of("text", text));
  }

  private static byte[] countRequest(String id, int batches) {
    return Frames.request(id, "count", Map.of("batches", batches));
  }

  private static byte[] refresh(String id, String token) {
    return Frames.request(id, "token.refresh", Map.of("token", token));
  }
}
