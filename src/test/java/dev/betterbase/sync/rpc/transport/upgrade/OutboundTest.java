package dev.betterbase.sync.rpc.transport.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.rpc.transport.upgrade.payara.DirectSocket;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.eclipse.jetty.websocket.core.OpCode;
import org.junit.jupiter.api.Test;

/** Bytes keep their order, whether they go directly to the kernel or through the container. */
class OutboundTest {

  @Test
  void goesPastTheContainerWhereThatHasNothingLeft() {
    var peer = new Peer();
    peer.room = 1000;

    peer.outbound.offer(OpCode.BINARY, List.of(new byte[100]), () -> {});

    assertThat(peer.direct).isEqualTo(102);
    assertThat(peer.byContainer).isZero();
    assertThat(peer.outbound.unsentBytes()).isZero();
  }

  @Test
  void whatTheKernelDoesNotTakeIsTheContainersAndNothingGoesPastThat() {
    var peer = new Peer();
    byte[] message = bytes(100_000, 1);
    peer.room = 50;
    peer.outbound.offer(OpCode.BINARY, List.of(message), () -> {});
    assertThat(peer.direct).isEqualTo(50);
    assertThat(peer.byContainer).isEqualTo(65536 - 50);

    peer.falselyReady = true;
    peer.room = 1_000_000;
    peer.outbound.writable();

    assertThat(peer.direct).isEqualTo(50);
    peer.drain();
    assertThat(peer.received.toByteArray()).isEqualTo(frames(message));
  }

  @Property(tries = 200)
  void messagesComeInTheirOrderHoweverTheKernelTakesThem(
      @ForAll @IntRange(max = 1 << 30) int seed) {
    var peer = new Peer();
    var chance = new Random(seed);
    byte[][] messages = new byte[8][];
    for (int i = 0; i < messages.length; i++) {
      messages[i] = bytes(chance.nextInt(200_000), i);
      peer.room = chance.nextInt(100_000);
      peer.falselyReady = chance.nextBoolean();
      boolean[] out = new boolean[1];
      peer.outbound.offer(OpCode.BINARY, List.of(messages[i]), () -> out[0] = true);
      while (!out[0]) {
        peer.room = chance.nextInt(100_000);
        peer.drain();
        peer.falselyReady = chance.nextBoolean();
        peer.outbound.writable();
      }
    }
    peer.room = Integer.MAX_VALUE;
    peer.drain();
    assertThat(peer.received.toByteArray()).isEqualTo(frames(messages));
  }

  private static byte[] bytes(int length, int seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Unmasked binary frames (RFC 6455, section 5.2). */
  private static byte[] frames(byte[]... messages) {
    var all = ByteBuffer.allocate(2_000_000);
    for (byte[] message : messages) {
      all.put((byte) 0x82);
      if (message.length < 126) {
        all.put((byte) message.length);
      } else if (message.length <= 0xFFFF) {
        all.put((byte) 126).putShort((short) message.length);
      } else {
        all.put((byte) 127).putLong(message.length);
      }
      all.put(message);
    }
    byte[] bytes = new byte[all.position()];
    all.flip().get(bytes);
    return bytes;
  }

  /** A kernel with limited room, and a container that queues what does not fit. */
  private static final class Peer {
    final ByteArrayOutputStream received = new ByteArrayOutputStream();
    final Outbound outbound;
    ByteArrayOutputStream queue = new ByteArrayOutputStream();
    int room;
    int direct;
    int byContainer;

    /** Ready although bytes are queued, as Grizzly is for a moment when another write has begun. */
    boolean falselyReady;

    Peer() {
      outbound =
          new Outbound(
              new Container(),
              new DirectSocket(new Channel(), () -> queue.size()),
              Runnable::run,
              () -> {
                throw new AssertionError("a write failed");
              });
      outbound.writable();
    }

    int take(byte[] bytes, int offset, int length) {
      int taken = Math.min(room, length);
      received.write(bytes, offset, taken);
      room -= taken;
      return taken;
    }

    void drain() {
      byte[] queued = queue.toByteArray();
      int taken = take(queued, 0, queued.length);
      queue = new ByteArrayOutputStream();
      queue.write(queued, taken, queued.length - taken);
    }

    final class Channel implements WritableByteChannel {
      @Override
      public int write(ByteBuffer bytes) {
        byte[] given = new byte[bytes.remaining()];
        bytes.get(given);
        int taken = take(given, 0, given.length);
        bytes.position(bytes.position() - given.length + taken);
        direct += taken;
        return taken;
      }

      @Override
      public boolean isOpen() {
        return true;
      }

      @Override
      public void close() {}
    }

    final class Container extends ServletOutputStream {
      @Override
      public boolean isReady() {
        return falselyReady || queue.size() == 0;
      }

      @Override
      public void setWriteListener(WriteListener listener) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void write(int value) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void write(byte[] bytes, int offset, int length) {
        byContainer += length;
        int taken = queue.size() == 0 ? take(bytes, offset, length) : 0;
        queue.write(bytes, offset + taken, length - taken);
      }
    }
  }
}
