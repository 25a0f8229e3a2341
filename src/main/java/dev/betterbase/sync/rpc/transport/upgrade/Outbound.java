package dev.betterbase.sync.rpc.transport.upgrade;

import dev.betterbase.sync.rpc.transport.upgrade.payara.DirectSocket;
import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.internal.Generator;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames to one connection without ever waiting: as many as are there in one write, up to 64
 * KiB, and the next write once the container takes it. Control frames go ahead of messages, but not
 * into the middle of one.
 *
 * <p>One thread at a time writes, whichever came with something or heard that the last write is
 * out; the others leave theirs and go on.
 */
final class Outbound {

  private static final int WRITE_BYTES = 64 * 1024;

  /** Writes in a row for one connection; then the next one has its turn. */
  private static final int TURN = 16;

  private static final Logger LOG = System.getLogger(Outbound.class.getName());
  private static final Generator GENERATOR = new Generator();

  /** Of an unmasked frame (RFC 6455, section 5.2). */
  private static final int MAX_HEADER = 10;

  private final ServletOutputStream out;
  private final @Nullable DirectSocket socket;
  private final Executor writers;
  private final Runnable broken;

  /** Guards the fields below; nothing is called with it held. */
  private final Object lock = new Object();

  private final ArrayDeque<Frame> batch = new ArrayDeque<>();
  private @Nullable Runnable batchDone;
  private @Nullable ByteBuffer pong;
  private boolean ping;
  private @Nullable Frame close;
  private @Nullable Runnable closeSent;
  private boolean closing;
  private long unsent;
  private long taken;

  // Used by the writing thread alone.
  private @Nullable ByteBuffer rest;
  private boolean toFlush;
  private long handedOver;

  private volatile boolean started;
  private volatile boolean gone;

  /** Counts the calls to {@link #pump} that are not served yet; above 0 some thread is at it. */
  private final AtomicInteger pumps = new AtomicInteger();

  /**
   * @param socket what {@code out} writes to, where that is to be had
   * @param writers write when the container takes bytes again, for it says so on the one thread of
   *     its sockets, and when a connection has had its turn
   * @param broken run when a write fails: the connection is of no more use
   */
  Outbound(
      ServletOutputStream out, @Nullable DirectSocket socket, Executor writers, Runnable broken) {
    this.out = out;
    this.socket = socket;
    this.writers = writers;
    this.broken = broken;
  }

  /** The container takes writes, for the first time or again. */
  void writable() {
    started = true;
    pumpElsewhere();
  }

  private void pumpElsewhere() {
    try {
      writers.execute(this::pump);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "the application is stopping", e);
      gone = true;
      broken.run();
    }
  }

  void offer(byte opcode, List<byte[]> messages, Runnable done) {
    synchronized (lock) {
      if (batchDone != null) {
        throw new IllegalStateException("a batch is outstanding");
      }
      batchDone = done;
      if (!closing && !gone) {
        for (byte[] message : messages) {
          batch.add(new Frame(opcode, ByteBuffer.wrap(message)));
          unsent += message.length + headerBytes(message.length);
        }
      }
    }
    pump();
  }

  long unsentBytes() {
    synchronized (lock) {
      return unsent;
    }
  }

  long takenBytes() {
    synchronized (lock) {
      return taken;
    }
  }

  void ping() {
    synchronized (lock) {
      ping = !closing;
    }
    pump();
  }

  /** Answers a ping; of several that wait only the last (RFC 6455, section 5.5.3). */
  void pong(byte[] payload) {
    synchronized (lock) {
      pong = closing ? null : ByteBuffer.wrap(payload);
    }
    pump();
  }

  /**
   * Sends a close frame behind the message in hand; what was offered behind that is dropped.
   *
   * @param sent run once, when the frame is out or the connection gone
   */
  void close(Frame frame, Runnable sent) {
    synchronized (lock) {
      if (closing) {
        return;
      }
      closing = true;
      ping = false;
      pong = null;
      close = frame;
      closeSent = sent;
      unsent += frame.getPayloadLength() + headerBytes(frame.getPayloadLength());
    }
    pump();
  }

  /** Nothing can be written any more; what waits for the end of a write is told. */
  void end() {
    gone = true;
    pump();
  }

  private void pump() {
    if (pumps.getAndIncrement() != 0) {
      return;
    }
    int left = TURN;
    int served = 1;
    while (served != 0) {
      while (left > 0 && step()) {
        left--;
      }
      if (left == 0) {
        pumps.set(0);
        pumpElsewhere();
        return;
      }
      served = pumps.addAndGet(-served);
    }
  }

  private boolean step() {
    if (gone) {
      return finish();
    }
    if (!started) {
      return false;
    }
    try {
      if (!out.isReady()) {
        return false;
      }
      if (toFlush) {
        toFlush = false;
        out.flush();
        return true;
      }
      taken();
      byte[] bytes = next();
      if (bytes == null) {
        return tell();
      }
      handedOver += bytes.length;
      write(bytes);
      return true;
    } catch (IOException | IllegalStateException e) {
      // The stream of a connection that is gone says so in either way.
      gone = true;
      broken.run();
      return true;
    }
  }

  /**
   * Where the container has nothing left to write, the kernel gets the bytes directly, and the
   * container what the kernel did not take at once, to say when it did. That it is ready does not
   * mean that it has nothing left: Grizzly may say so for a moment when a write has begun again,
   * and bytes that went past it then would stand in the middle of others.
   */
  private void write(byte[] bytes) throws IOException {
    int direct = socket != null && socket.isIdle() ? socket.write(bytes) : 0;
    if (direct < bytes.length) {
      toFlush = true;
      out.write(bytes, direct, bytes.length - direct);
    }
  }

  /** The socket has taken all that was written before. */
  private void taken() {
    synchronized (lock) {
      unsent -= handedOver;
      taken += handedOver;
    }
    handedOver = 0;
  }

  private boolean finish() {
    synchronized (lock) {
      batch.clear();
      rest = null;
      unsent = 0;
    }
    return tell();
  }

  /** Runs what waited for the end of a batch or of the close frame, where that is out. */
  private boolean tell() {
    Runnable done;
    Runnable sent = null;
    synchronized (lock) {
      done = batchDone;
      batchDone = null;
      if (close == null || gone) {
        sent = closeSent;
        closeSent = null;
      }
    }
    if (done != null) {
      done.run();
    }
    if (sent != null) {
      sent.run();
    }
    return done != null || sent != null;
  }

  /** The bytes of the next write, or null where all that was offered is out. */
  private byte @Nullable [] next() {
    if (rest != null) {
      return slice(rest);
    }
    synchronized (lock) {
      if (pong != null) {
        Frame frame = new Frame(OpCode.PONG, pong);
        pong = null;
        return control(frame);
      }
      if (ping) {
        ping = false;
        return control(new Frame(OpCode.PING));
      }
      if (close != null) {
        drop();
        Frame frame = close;
        close = null;
        return encode(List.of(frame), frame.getPayloadLength() + MAX_HEADER);
      }
      return batch.isEmpty() ? null : gather();
    }
  }

  private byte[] control(Frame frame) {
    unsent += frame.getPayloadLength() + headerBytes(frame.getPayloadLength());
    return encode(List.of(frame), frame.getPayloadLength() + MAX_HEADER);
  }

  private void drop() {
    for (Frame frame : batch) {
      unsent -= frame.getPayloadLength() + headerBytes(frame.getPayloadLength());
    }
    batch.clear();
  }

  /** As many frames as fit into one write; of one that does not, the beginning. */
  private byte[] gather() {
    int bytes = 0;
    int count = 0;
    for (Frame frame : batch) {
      int size = frame.getPayloadLength() + headerBytes(frame.getPayloadLength());
      if (bytes + size > WRITE_BYTES) {
        break;
      }
      bytes += size;
      count++;
    }
    if (count == 0) {
      return beginLong(batch.remove());
    }
    byte[] bytesOut = new byte[bytes];
    var buffer = ByteBuffer.wrap(bytesOut).limit(0);
    for (int i = 0; i < count; i++) {
      GENERATOR.generateWholeFrame(batch.remove(), buffer);
    }
    return bytesOut;
  }

  private byte[] beginLong(Frame frame) {
    int header = headerBytes(frame.getPayloadLength());
    byte[] bytes = new byte[WRITE_BYTES];
    GENERATOR.generateHeader(frame, ByteBuffer.wrap(bytes).limit(0));
    ByteBuffer payload = frame.getPayload();
    payload.get(bytes, header, bytes.length - header);
    rest = payload;
    return bytes;
  }

  private byte[] slice(ByteBuffer payload) {
    byte[] bytes = new byte[Math.min(WRITE_BYTES, payload.remaining())];
    payload.get(bytes);
    if (!payload.hasRemaining()) {
      rest = null;
    }
    return bytes;
  }

  private static byte[] encode(List<Frame> frames, int room) {
    var buffer = ByteBuffer.allocate(room).limit(0);
    frames.forEach(frame -> GENERATOR.generateWholeFrame(frame, buffer));
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static int headerBytes(int length) {
    if (length < 126) {
      return 2;
    }
    return length <= 0xFFFF ? 4 : MAX_HEADER;
  }
}
