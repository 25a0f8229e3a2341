package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.CloseCode;
import dev.betterbase.sync.protocol.FrameWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The first frame of a connection, and the number of connections of one owner (protocol.md,
 * Connecting).
 */
class ConnectionAuthenticationTest extends ConnectionFixture {

  @Test
  void authenticatesAndAnswersWhatFollowsAtOnce() {
    RpcConnection connection = node.connect(transport, "alice");
    connection.binary(request("1", "ask", "hello"));
    assertSent(FrameWriter.result("1", textBody("hello")));
    assertThat(transport.close()).isNull();
    assertThat(connection.token().subject()).isEqualTo("alice");
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
    node.open(transport).text("x");
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
    FakeTransport.deliver(node.open(transport), new byte[65_537]);
    assertClosed(CloseCode.MESSAGE_TOO_BIG, "message too big");
  }

  /** After 4000 the client would never come back, and it is not to blame. */
  @Test
  void aFirstFrameThatThisServerHasNotReadYetIsNotLate() {
    RpcConnection connection = node.open(transport);
    transport.unread(true);
    pass(connection, Duration.ofSeconds(60));
    transport.unread(false);
    pass(connection, Duration.ofSeconds(2));
    assertThat(transport.close()).as("it may just be on its way here").isNull();
    pass(connection, Duration.ofSeconds(1));
    assertClosed(CloseCode.AUTH_FAILED, "auth timeout");
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
    assertThat(full.waitingRoom().reserve(TestNode.ADDRESS)).isTrue();
    RpcConnection first = full.open(transport);
    assertThat(full.waitingRoom().reserve(TestNode.ADDRESS)).isTrue();
    assertThat(full.waitingRoom().reserve(TestNode.ADDRESS))
        .as("one waits, one is on its way")
        .isFalse();
    full.waitingRoom().withdraw(TestNode.ADDRESS);
    assertThat(full.waitingRoom().reserve(TestNode.ADDRESS)).isTrue();
    full.pass(Duration.ofSeconds(10));
    assertThat(full.waitingRoom().reserve(TestNode.ADDRESS)).as("the last one never came").isTrue();
    assertThat(full.waitingRoom().reserve(TestNode.ADDRESS)).isFalse();
    first.closed();
    assertThat(full.waitingRoom().reserve(TestNode.ADDRESS)).isTrue();
    full.connect(new FakeTransport(), "alice");
    assertThat(full.waitingRoom().reserve(TestNode.ADDRESS))
        .as("an authenticated one waits no more")
        .isTrue();
  }

  @Test
  void thereAreNoMorePlacesThanTheHeapHasMebibytes() {
    long mebibyte = 1 << 20;
    assertThat(WaitingRoom.places(1_000, 250 * mebibyte)).isEqualTo(250);
    assertThat(WaitingRoom.places(1_000, 8_000 * mebibyte)).isEqualTo(1_000);
    assertThat(WaitingRoom.places(1, 250 * mebibyte)).isEqualTo(1);
    assertThat(WaitingRoom.places(1_000, mebibyte / 2)).isEqualTo(1);
  }

  @Test
  void theAddressWithMostGivesWay() {
    var full = new TestNode(limits(70_000, 3));
    ClientAddress crowd = ClientAddress.of("2001:db8::1");
    ClientAddress other = ClientAddress.of("192.0.2.8");
    var first = new FakeTransport();
    var second = new FakeTransport();
    reserveAndOpen(full, first, crowd);
    reserveAndOpen(full, transport, TestNode.ADDRESS);
    reserveAndOpen(full, second, crowd);

    assertThat(full.waitingRoom().reserve(crowd)).as("has most").isFalse();
    assertThat(full.waitingRoom().reserve(other)).isTrue();
    assertThat(first.close()).isEqualTo(Close.CROWDED_OUT);
    assertThat(full.waitingRoom().reserve(other)).as("all have one").isFalse();
    full.waitingRoom().withdraw(other);
    assertThat(full.waitingRoom().reserve(crowd)).as("there is a place").isTrue();
    assertThat(second.close()).isNull();
    assertThat(transport.close()).isNull();
  }

  @Test
  void whoAuthenticatesIsNotDisplaced() {
    var full = new TestNode(limits(70_000, 2));
    ClientAddress other = ClientAddress.of("192.0.2.8");
    var first = new FakeTransport();
    RpcConnection authenticated = reserveAndOpen(full, first, TestNode.ADDRESS);
    reserveAndOpen(full, transport, TestNode.ADDRESS);
    FakeTransport.deliver(authenticated, TestNode.auth(full.token("alice")));

    assertThat(full.waitingRoom().reserve(other)).as("there is a place").isTrue();
    assertThat(full.waitingRoom().reserve(other)).as("has one, as the one that waits").isFalse();
    assertThat(first.close()).isNull();
    assertThat(transport.close()).isNull();
  }

  private static RpcConnection reserveAndOpen(
      TestNode node, FakeTransport transport, ClientAddress address) {
    assertThat(node.waitingRoom().reserve(address)).isTrue();
    return node.open(transport, address);
  }

  @Test
  void aPongIsNoFirstFrame() {
    RpcConnection connection = node.open(transport);
    FakeTransport.pong(connection);
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
}
