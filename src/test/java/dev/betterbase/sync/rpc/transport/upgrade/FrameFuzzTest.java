package dev.betterbase.sync.rpc.transport.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.WebSocketWire;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Sends streams of bytes, cut at random places, into the upgrade transport. Any stream results in
 * messages or a close, always the same however it was cut, and within the granted memory.
 */
class FrameFuzzTest {
  private static final int LIMIT = 200 * 1024;

  /**
   * Control frames, and messages in one and in several frames, with lengths for every kind of
   * header.
   */
  @Provide
  Arbitrary<byte[]> streams() {
    Arbitrary<byte[]> frame =
        Combinators.combine(
                Arbitraries.of(0, 1, 2, 2, 2, 8, 9, 10),
                Arbitraries.of(true, true, false),
                Arbitraries.of(0, 1, 5, 125, 126, 127, 300, 65_535, 65_536, 70_000),
                Arbitraries.integers())
            .as(FrameFuzzTest::frame);
    return frame.list().ofMaxSize(8).map(FrameFuzzTest::joined);
  }

  private static byte[] frame(int opcode, boolean last, int length, int seed) {
    int size = opcode >= 8 ? Math.min(length, 125) : length;
    byte[] payload = new byte[size];
    new Random(seed).nextBytes(payload);
    if (opcode == 8 && size >= 2) {
      payload[0] = 0x03;
      payload[1] = (byte) 0xE8;
    }
    return WebSocketWire.frame(opcode, last || opcode >= 8, true, payload);
  }

  private static byte[] joined(List<byte[]> parts) {
    var all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  @Provide
  Arbitrary<byte[]> garbage() {
    Arbitrary<byte[]> random = Arbitraries.bytes().array(byte[].class).ofMaxSize(300);
    Arbitrary<byte[]> mutated =
        Combinators.combine(
                streams(), Arbitraries.integers().greaterOrEqual(0), Arbitraries.bytes())
            .as(FrameFuzzTest::mutated);
    return Arbitraries.oneOf(random, mutated);
  }

  private static byte[] mutated(byte[] stream, int at, byte value) {
    byte[] changed = stream.clone();
    if (changed.length > 0) {
      changed[at % Math.min(changed.length, 200)] = value;
    }
    return changed;
  }

  /** The outcome of a stream that came in pieces of random lengths. */
  private static String outcome(byte[] stream, long seed, int largestPiece) {
    var budget = new ReceiveBudget(2L * LIMIT);
    var peer = new PipedConnection(budget);
    peer.limit = LIMIT;
    var random = new Random(seed);
    int at = 0;
    while (at < stream.length) {
      int length = Math.min(stream.length - at, 1 + random.nextInt(largestPiece));
      peer.receive(Arrays.copyOfRange(stream, at, at + length));
      at += length;
      assertThat(budget.reserved()).isBetween(0L, (long) LIMIT);
    }
    var outcome = new StringBuilder();
    for (byte[] message : peer.messages) {
      assertThat(message.length).isLessThanOrEqualTo(LIMIT);
      outcome.append(message.length).append(':').append(Arrays.hashCode(message)).append(' ');
    }
    peer.texts.forEach(text -> outcome.append(text.hashCode()).append(' '));
    outcome.append(peer.refused);
    if (peer.refused == null) {
      // After a refusal, the next bytes count as the close frame of the peer.
      outcome.append(peer.closing).append(peer.closed);
    }
    peer.connection.end();
    assertThat(budget.reserved()).as("all memory is given back").isZero();
    return outcome.toString();
  }

  @Property(tries = 400)
  void theSameStreamMeansTheSameHoweverItIsCut(
      @ForAll("streams") byte[] stream, @ForAll long seed) {
    String whole = outcome(stream, seed, Math.max(1, stream.length));
    assertThat(outcome(stream, seed, 7_000)).isEqualTo(whole);
    assertThat(outcome(stream, seed, 100_000)).isEqualTo(whole);
    if (stream.length < 5_000) {
      assertThat(outcome(stream, seed, 1)).isEqualTo(whole);
    }
  }

  @Property(tries = 2_000)
  void noBytesDoMoreThanCloseTheConnection(@ForAll("garbage") byte[] stream, @ForAll long seed) {
    String whole = outcome(stream, seed, Math.max(1, stream.length));
    assertThat(outcome(stream, seed, 1_000)).isEqualTo(whole);
  }
}
