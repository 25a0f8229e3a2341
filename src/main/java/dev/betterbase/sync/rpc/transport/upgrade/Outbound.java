package dev.betterbase.sync.rpc.transport.upgrade;

import dev.betterbase.sync.rpc.transport.Drain;
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
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.internal.Generator;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames to one connection and never waits. One write takes as many of the waiting frames as
 * fit into 64 KiB; the next one follows when the container is ready for it. Control frames overtake
 * messages, but do not enter the middle of one.
 *
 * <p>One thread at a time writes ({@link Drain}): one that brought something, or the one that
 * learned that the last write is out.
 */
final class Outbound {

  /** The number of writes in a row on one connection, before others have their turn. */
  private static final int TURN = 16;

  private static final Logger LOG = System.getLogger(Outbound.class.getName());
  private static final Generator GENERATOR = new Generator();

  /** The longest header of an unmasked frame, in bytes (RFC 6455, section 5.2). */
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

  private final Drain drain = new Drain(this::step, TURN, this::writeElsewhere);

  /**
   * @param socket the socket behind {@code out}; null if there is no way to it
   * @param writers threads that write when the container is ready again (it says so on the one
   *     thread of its sockets, which must not be held up) and when a connection has had its turn
   * @param broken run when a write fails, after which the connection is useless
   */
  Outbound(
      ServletOutputStream out, @Nullable DirectSocket socket, Executor writers, Runnable broken) {
    this.out = out;
    this.socket = socket;
    this.writers = writers;
    this.broken = broken;
  }

  /** The container is ready for a write, for the first time or again. */
  void writable() {
    started = true;
    writeElsewhere();
  }

  private void writeElsewhere() {
    try {
      writers.execute(drain::run);
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
          unsent += headerBytes(message.length) + message.length;
        }
      }
    }
    drain.run();
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
    drain.run();
  }

  /** Answers a ping; if several wait, only the last of them (RFC 6455, section 5.5.3). */
  void pong(byte[] payload) {
    synchronized (lock) {
      pong = closing ? null : ByteBuffer.wrap(payload);
    }
    drain.run();
  }

  /**
   * Sends a close frame after the message that is being written, and drops the messages after it.
   *
   * @param sent run once, when the frame is out or the connection is gone
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
      unsent += frameBytes(frame);
    }
    drain.run();
  }

  /** The connection is gone: runs whatever waits for the end of a write. */
  void end() {
    gone = true;
    drain.run();
  }

  /** Does the next thing; false if there is nothing, or the container has to be waited for. */
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
      ByteBuffer bytes = next();
      if (bytes == null) {
        return tell();
      }
      handedOver += bytes.remaining();
      write(bytes);
      return true;
    } catch (IOException | IllegalStateException e) {
      // Both mean that the connection is gone.
      gone = true;
      broken.run();
      return true;
    }
  }

  /**
   * Gives the bytes directly to the kernel if the container has nothing left to write. The bytes
   * that the kernel did not take go to the container, which tells when they are out.
   *
   * <p>A container that is ready may still have something to write: Grizzly says for a moment that
   * it is ready when it has begun to write again. Bytes that overtook it then would land in the
   * middle of others.
   */
  private void write(ByteBuffer bytes) throws IOException {
    if (socket != null && socket.isIdle()) {
      socket.write(bytes);
    }
    if (bytes.hasRemaining()) {
      toFlush = true;
      out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }
  }

  /** The kernel has taken all that was written before. */
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

  /** Runs what waits for the end of the batch or of the close frame, if that is out. */
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

  /** The bytes of the next write, or null if everything that was offered is out. */
  private @Nullable ByteBuffer next() {
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
        return encode(frame);
      }
      return batch.isEmpty() ? null : gather();
    }
  }

  private ByteBuffer control(Frame frame) {
    unsent += frameBytes(frame);
    return encode(frame);
  }

  private void drop() {
    for (Frame frame : batch) {
      unsent -= frameBytes(frame);
    }
    batch.clear();
  }

  /** As many frames as fit into one write, or the beginning of one that does not fit. */
  private ByteBuffer gather() {
    int bytes = 0;
    int count = 0;
    for (Frame frame : batch) {
      int size = frameBytes(frame);
      if (bytes + size > Drain.GATHER_BYTES) {
        break;
      }
      bytes += size;
      count++;
    }
    if (count == 0) {
      return beginLong(batch.remove());
    }
    var buffer = ByteBuffer.allocate(bytes).limit(0);
    for (int i = 0; i < count; i++) {
      GENERATOR.generateWholeFrame(batch.remove(), buffer);
    }
    return buffer;
  }

  private ByteBuffer beginLong(Frame frame) {
    int header = headerBytes(frame.getPayloadLength());
    byte[] bytes = new byte[Drain.GATHER_BYTES];
    GENERATOR.generateHeader(frame, ByteBuffer.wrap(bytes).limit(0));
    ByteBuffer payload = frame.getPayload();
    payload.get(bytes, header, bytes.length - header);
    rest = payload;
    return ByteBuffer.wrap(bytes);
  }

  /** A view, since a copy of each long frame would be garbage as large as all that is pulled. */
  private ByteBuffer slice(ByteBuffer payload) {
    int length = Math.min(Drain.GATHER_BYTES, payload.remaining());
    ByteBuffer bytes = payload.slice(payload.position(), length);
    payload.position(payload.position() + length);
    if (!payload.hasRemaining()) {
      rest = null;
    }
    return bytes;
  }

  private static ByteBuffer encode(Frame frame) {
    var buffer = ByteBuffer.allocate(frame.getPayloadLength() + MAX_HEADER).limit(0);
    GENERATOR.generateWholeFrame(frame, buffer);
    return buffer;
  }

  private static int frameBytes(Frame frame) {
    return headerBytes(frame.getPayloadLength()) + frame.getPayloadLength();
  }

  private static int headerBytes(int length) {
    if (length < 126) {
      return 2;
    }
    return length <= 0xFFFF ? 4 : MAX_HEADER;
  }
}
