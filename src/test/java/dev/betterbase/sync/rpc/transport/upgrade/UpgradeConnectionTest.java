package dev.betterbase.sync.rpc.transport.upgrade;

import static dev.betterbase.sync.testing.WebSocketWire.BINARY;
import static dev.betterbase.sync.testing.WebSocketWire.CLOSE;
import static dev.betterbase.sync.testing.WebSocketWire.CONTINUATION;
import static dev.betterbase.sync.testing.WebSocketWire.PING;
import static dev.betterbase.sync.testing.WebSocketWire.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.testing.WebSocketWire;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The upgrade transport by itself: limits, memory, suspended reading, closing (protocol.md). */
class UpgradeConnectionTest {
  private static final int KIB = 1024;

  private final ReceiveBudget budget = new ReceiveBudget(300 * KIB);
  private final PipedConnection peer = new PipedConnection(budget);

  private static byte[] frame(int opcode, boolean last, byte[] payload) {
    return WebSocketWire.frame(opcode, last, true, payload);
  }

  private static byte[] head(byte[] frame, int length) {
    return Arrays.copyOf(frame, length);
  }

  private static byte[] tail(byte[] frame, int from) {
    return Arrays.copyOfRange(frame, from, frame.length);
  }

  private static byte[] closeFrame(int code, String reason) {
    byte[] text = reason.getBytes(UTF_8);
    return ByteBuffer.allocate(4 + text.length)
        .put((byte) 0x88)
        .put((byte) (2 + text.length))
        .putShort((short) code)
        .put(text)
        .array();
  }

  @Test
  void aLongMessageReservesItsLengthWhenItsHeaderIsRead() {
    byte[] frame = frame(BINARY, true, new byte[100 * KIB]);
    peer.receive(head(frame, 20));
    assertThat(budget.reserved()).isEqualTo(100 * KIB);
    peer.receive(tail(frame, 20));
    assertThat(peer.messages).hasSize(1);
    assertThat(peer.messages.getFirst()).hasSize(100 * KIB);
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void messagesUpTo64KiBReserveNothing() {
    byte[] frame = frame(BINARY, true, new byte[64 * KIB]);
    peer.receive(head(frame, 20));
    assertThat(budget.reserved()).isZero();
    peer.receive(tail(frame, 20));
    assertThat(peer.messages).hasSize(1);
  }

  @Test
  void whoFindsNoMemoryWaitsOnTcpAndComesInTheOrderOfAsking() {
    byte[] frame = frame(BINARY, true, new byte[200 * KIB]);
    PipedConnection second = new PipedConnection(budget);
    PipedConnection third = new PipedConnection(budget);
    peer.receive(head(frame, 20));
    second.receive(frame);
    byte[] small = frame(BINARY, true, new byte[80 * KIB]);
    third.receive(small);
    assertThat(second.messages).isEmpty();
    assertThat(second.unread()).as("left where TCP keeps it").isGreaterThan(150 * KIB);
    assertThat(third.messages).as("would fit, but came later").isEmpty();
    peer.receive(tail(frame, 20));
    assertThat(second.messages).hasSize(1);
    assertThat(third.messages).hasSize(1);
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aConnectionThatEndsGivesItsMemoryAndItsPlaceBack() {
    byte[] frame = frame(BINARY, true, new byte[200 * KIB]);
    PipedConnection second = new PipedConnection(budget);
    PipedConnection third = new PipedConnection(budget);
    peer.receive(head(frame, 20));
    second.receive(frame);
    third.receive(frame);
    second.connection.end();
    assertThat(third.messages).isEmpty();
    peer.connection.cut();
    assertThat(third.messages).hasSize(1);
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aFragmentedMessageReservesAsMuchAsItMayHaveAndGivesTheRestBackAtItsLastFrame() {
    peer.limit = 250 * KIB;
    peer.receive(frame(BINARY, false, new byte[60 * KIB]));
    assertThat(budget.reserved()).isZero();
    peer.receive(frame(CONTINUATION, false, new byte[60 * KIB]));
    assertThat(budget.reserved()).isEqualTo(250 * KIB);
    byte[] last = frame(CONTINUATION, true, new byte[10 * KIB]);
    peer.receive(head(last, 20));
    assertThat(budget.reserved()).isEqualTo(130 * KIB);
    peer.receive(tail(last, 20));
    assertThat(peer.messages.getFirst()).hasSize(130 * KIB);
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aMessageOverTheLimitIsRefusedAtItsHeader() {
    peer.limit = 64 * KIB;
    peer.receive(head(frame(BINARY, true, new byte[64 * KIB + 1]), 11 + 4));
    assertThat(peer.refused).isEqualTo(Close.MESSAGE_TOO_BIG);
    assertThat(peer.written.toByteArray()).isEqualTo(closeFrame(1009, "message too big"));
  }

  @Test
  void fragmentsAreOverTheLimitTogether() {
    peer.limit = 64 * KIB;
    peer.receive(frame(BINARY, false, new byte[64 * KIB]));
    assertThat(peer.refused).isNull();
    peer.receive(frame(CONTINUATION, true, new byte[1]));
    assertThat(peer.refused).isEqualTo(Close.MESSAGE_TOO_BIG);
    assertThat(peer.messages).isEmpty();
  }

  @Test
  void aLengthBeyondAllArraysIsRefused() {
    peer.receive(WebSocketWire.header(BINARY, true, true, 1L << 40));
    peer.receive(new byte[10]);
    assertThat(peer.refused).isEqualTo(Close.MESSAGE_TOO_BIG);
  }

  @Test
  void aMessageIsTooSlowWhereItComesInBelow64KiBASecondFor10Seconds() {
    long start = System.nanoTime();
    byte[] frame = frame(BINARY, true, new byte[200 * KIB]);
    peer.receive(head(frame, 20));
    assertThat(tooSlow(start, 9)).isFalse();
    assertThat(tooSlow(start, 11)).isTrue();
    peer.receive(tail(frame, 20));
    assertThat(tooSlow(start, 11)).as("it is complete").isFalse();
  }

  @Test
  void whatWaitsForMemoryIsNotTooSlow() {
    long start = System.nanoTime();
    byte[] frame = frame(BINARY, true, new byte[200 * KIB]);
    PipedConnection second = new PipedConnection(budget);
    peer.receive(head(frame, 20));
    second.receive(head(frame, 20));
    assertThat(second.connection.receivesTooSlowly(start + TimeUnit.SECONDS.toNanos(60))).isFalse();
  }

  @Test
  void aLongMessageMustComeInFasterWhileAnotherSenderWaits() {
    long start = System.nanoTime();
    PipedConnection second = new PipedConnection(budget);
    PipedConnection ofTheSame = new PipedConnection(budget);
    ofTheSame.sender = peer.sender;
    byte[] frame = frame(BINARY, true, new byte[280 * KIB]);
    peer.receive(head(frame, 30 * KIB));
    ofTheSame.receive(head(frame, 20));
    assertThat(tooSlow(peer, start, 5)).as("it delays its own sender only").isFalse();
    second.receive(frame);
    assertThat(tooSlow(peer, start, 1)).as("it has just begun").isFalse();
    assertThat(tooSlow(peer, start, 5)).isTrue();
    peer.connection.close(Close.MESSAGE_TOO_SLOW, () -> {});
    assertThat(second.messages).as("its memory is free before it is cut off").hasSize(1);
  }

  @Test
  void aMessageThatWillBeWholeInTimeIsNotTooSlowWhileAnotherSenderWaits() {
    long start = System.nanoTime();
    PipedConnection second = new PipedConnection(budget);
    byte[] frame = frame(BINARY, true, new byte[280 * KIB]);
    peer.receive(head(frame, 100 * KIB));
    second.receive(frame);
    assertThat(tooSlow(peer, start, 5)).isFalse();
  }

  private boolean tooSlow(long start, int seconds) {
    return tooSlow(peer, start, seconds);
  }

  private static boolean tooSlow(PipedConnection peer, long start, int seconds) {
    return peer.connection.receivesTooSlowly(start + TimeUnit.SECONDS.toNanos(seconds));
  }

  @Test
  void nothingIsDeliveredWhileSuspended() {
    peer.suspendOnMessage = true;
    byte[] three = new byte[3 * 7];
    for (int i = 0; i < 3; i++) {
      System.arraycopy(frame(BINARY, true, new byte[] {(byte) i}), 0, three, 7 * i, 7);
    }
    peer.receive(three);
    assertThat(peer.messages).hasSize(1);
    peer.connection.resume();
    assertThat(peer.messages).hasSize(2);
    peer.suspendOnMessage = false;
    peer.connection.resume();
    assertThat(peer.messages).hasSize(3);
    assertThat(peer.messages.get(2)).isEqualTo(new byte[] {2});
  }

  @Test
  void messagesLeaveInOneWriteAndAreCountedUntilTaken() {
    peer.stopTaking();
    var done = new AtomicInteger();
    peer.connection.offer(List.of(new byte[5], new byte[200]), done::incrementAndGet);
    assertThat(peer.connection.unsentBytes()).isEqualTo(2 + 5 + 4 + 200);
    assertThat(done).hasValue(0);
    peer.take();
    assertThat(done).hasValue(1);
    assertThat(peer.connection.unsentBytes()).isZero();
    assertThat(peer.connection.takenBytes()).isEqualTo(2 + 5 + 4 + 200);
    assertThat(peer.written.size()).isEqualTo(2 + 5 + 4 + 200);
  }

  @Test
  void aCloseGoesAheadOfWhatIsUnsentButNotIntoAMessage() {
    peer.stopTaking();
    var done = new AtomicInteger();
    peer.connection.offer(List.of(new byte[200 * KIB], new byte[7]), done::incrementAndGet);
    peer.connection.close(Close.SLOW_CONSUMER, done::incrementAndGet);
    peer.take();
    assertThat(done).hasValue(2);
    byte[] close = closeFrame(4006, "slow consumer");
    assertThat(tail(peer.written.toByteArray(), peer.written.size() - close.length))
        .isEqualTo(close);
    assertThat(peer.written.size()).as("nothing was begun when it closed").isEqualTo(close.length);
  }

  @Test
  void aPingIsAnsweredOnceWithWhatItSaysAndOnlyTheLastOfSeveral() {
    peer.stopTaking();
    peer.receive(frame(PING, true, new byte[] {1}));
    peer.receive(frame(PING, true, new byte[] {2}));
    peer.take();
    assertThat(peer.written.toByteArray()).isEqualTo(new byte[] {(byte) 0x8A, 1, 2});
    assertThat(peer.frames).isEqualTo(2);
  }

  @Test
  void thePeersCloseIsAnsweredAndEndsTheConnection() {
    peer.receive(frame(CLOSE, true, new byte[] {0x03, (byte) 0xE8}));
    assertThat(peer.closing).isTrue();
    assertThat(peer.written.toByteArray()).isEqualTo(closeFrame(1000, ""));
    assertThat(peer.webClosed).isTrue();
    assertThat(peer.closed).isTrue();
  }

  @Test
  void ourCloseIsOverWhenThePeerAnswers() {
    peer.connection.close(Close.TOKEN_EXPIRED, () -> {});
    assertThat(peer.webClosed).isFalse();
    peer.receive(frame(BINARY, true, new byte[3]));
    assertThat(peer.messages).as("forgotten").isEmpty();
    peer.receive(frame(CLOSE, true, new byte[] {0x0F, (byte) 0xA1}));
    assertThat(peer.webClosed).isTrue();
    assertThat(peer.closed).isTrue();
  }

  @Test
  void theContainerClosesTheConnectionWhenNoThreadIsInItsInput() {
    var closedInside = new ArrayList<Boolean>();
    peer.whenNoneIsFound =
        () -> {
          CompletableFuture.runAsync(peer.connection::end).join();
          closedInside.add(peer.webClosed);
        };
    peer.receive(frame(BINARY, true, new byte[3]));
    assertThat(closedInside).containsExactly(false);
    assertThat(peer.closed).isTrue();
    assertThat(peer.webClosed).isTrue();
  }

  @Test
  void invalidUtf8IsSeenBeforeTheTextIsWhole() {
    peer.receive(frame(TEXT, false, new byte[] {(byte) 0xF4, (byte) 0x90}));
    assertThat(peer.refused).isEqualTo(Close.INVALID_UTF8);
  }

  @Test
  void memoryOfAnEndedConnectionIsGivenBackWhateverItWasDoing() {
    peer.receive(frame(BINARY, false, new byte[100 * KIB]));
    assertThat(budget.reserved()).isPositive();
    peer.receive(new byte[] {(byte) 0xF0, (byte) 0x80, 0, 0, 0, 0});
    assertThat(peer.refused).isEqualTo(Close.MALFORMED_FRAME);
    assertThat(budget.reserved()).isZero();
  }
}
