package dev.betterbase.sync.rpc.transport.upgrade;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import dev.betterbase.sync.rpc.transport.upgrade.payara.PayaraSocket;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.jspecify.annotations.Nullable;

/** A WebSocket connection on the bare streams of an upgraded HTTP connection. */
final class UpgradeConnection implements TransportConnection {

  private static final Logger LOG = System.getLogger(UpgradeConnection.class.getName());

  private enum Reading {
    /** The container calls when there is something to read. */
    AWAITED,
    /** A thread reads. */
    RUNNING,
    /** Nobody reads, and nobody will before it is asked for. */
    PARKED
  }

  private final WebConnection connection;
  private final @Nullable PayaraSocket socket;
  private final ServletInputStream in;
  private final Outbound outbound;
  private final Inbound inbound;
  private final TransportListener listener;
  private final ReadBuffers buffers;
  private final Executor executor;

  private final Object lock = new Object();
  private Reading reading = Reading.AWAITED;
  private boolean suspended;
  private boolean memoryAwaited;
  private boolean peerClosed;
  private boolean closeSent;
  private boolean ended;

  /** What was read and is not wanted yet. Used by the reading thread alone. */
  private @Nullable ByteBuffer left;

  /**
   * @param connection the upgraded connection
   * @param acceptor takes it, and says who hears of what comes in
   * @param shared what all connections share
   */
  UpgradeConnection(
      WebConnection connection,
      Function<TransportConnection, TransportListener> acceptor,
      Shared shared)
      throws IOException {
    this.connection = connection;
    this.socket = PayaraSocket.of(connection);
    if (socket != null) {
      socket.boundQueue();
      socket.forgetHandshake();
    }
    this.in = connection.getInputStream();
    this.buffers = shared.buffers();
    this.executor = shared.executor();
    this.outbound =
        new Outbound(
            connection.getOutputStream(),
            socket == null ? null : socket.direct(),
            shared.writers(),
            this::end);
    this.listener = acceptor.apply(this);
    this.inbound = new Inbound(shared.budget(), listener, new Events());
  }

  /**
   * What the connections of a node share.
   *
   * @param budget memory for messages that come in
   * @param buffers what bytes are read into
   * @param executor goes on reading where it was suspended
   * @param writers write where the container's own thread must not
   */
  record Shared(ReceiveBudget budget, ReadBuffers buffers, Executor executor, Executor writers) {}

  /**
   * The container's listeners are set. A peer that went away before that, behind the answer to its
   * handshake, is told to nobody.
   */
  void opened() {
    if (socket != null && !socket.isOpen()) {
      end();
    }
  }

  /** The container takes bytes to be written. */
  void writable() {
    outbound.writable();
  }

  /** The container has bytes to be read. */
  void readable() {
    synchronized (lock) {
      if (reading != Reading.AWAITED) {
        // Spurious: somebody reads, or nobody shall.
        return;
      }
      reading = Reading.RUNNING;
    }
    read();
  }

  private void readElsewhere() {
    try {
      executor.execute(this::read);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "the application is stopping", e);
      end();
    }
  }

  private void read() {
    byte[] buffer = buffers.take();
    try {
      while (goesOn()) {
        if (left != null) {
          ByteBuffer now = left;
          left = null;
          receive(now);
        } else if (!awaitedOrRead(buffer)) {
          return;
        }
      }
    } catch (IOException | IllegalStateException e) {
      LOG.log(Level.DEBUG, "the peer is gone", e);
      end();
    } finally {
      buffers.give(buffer);
      giveMemoryBack();
    }
  }

  /** Where the connection ended while this thread was reading, it is this thread's to do. */
  private void giveMemoryBack() {
    boolean over;
    synchronized (lock) {
      over = ended;
    }
    if (over) {
      inbound.end();
    }
  }

  /** Reads what is there; false where the container will call again, maybe at once. */
  private boolean awaitedOrRead(byte[] buffer) throws IOException {
    synchronized (lock) {
      // Before the container is asked: it may call on another thread before this one is back.
      reading = Reading.AWAITED;
    }
    if (!in.isReady()) {
      return false;
    }
    synchronized (lock) {
      if (reading != Reading.AWAITED) {
        // The container called in between: that thread reads.
        return false;
      }
      reading = Reading.RUNNING;
    }
    int count = in.read(buffer);
    if (count < 0) {
      end();
      return false;
    }
    if (count > 0) {
      listener.heard();
      receive(ByteBuffer.wrap(buffer, 0, count));
    }
    return true;
  }

  private void receive(ByteBuffer bytes) {
    if (inbound.hasFailed() && isCloseSent()) {
      // Its close frame, most likely; nothing of it can be told for sure any more.
      end();
      return;
    }
    inbound.receive(bytes);
    if (bytes.hasRemaining()) {
      // The read buffer goes back: what is not wanted yet is kept apart, at most one read.
      left = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    }
  }

  /** Whether the thread that reads shall go on; where not, nobody reads until asked for. */
  private boolean goesOn() {
    synchronized (lock) {
      if (ended) {
        return false;
      }
      if (suspended || memoryAwaited) {
        reading = Reading.PARKED;
        return false;
      }
      return true;
    }
  }

  private void unpark(Runnable change) {
    synchronized (lock) {
      change.run();
      if (ended || suspended || memoryAwaited || reading != Reading.PARKED) {
        return;
      }
      reading = Reading.RUNNING;
    }
    readElsewhere();
  }

  @Override
  public void offer(List<byte[]> messages, Runnable done) {
    offer(OpCode.BINARY, messages, done);
  }

  /** Sends messages of whatever kind; else as {@link #offer(List, Runnable)}. */
  void offer(byte opcode, List<byte[]> messages, Runnable done) {
    outbound.offer(opcode, messages, done);
  }

  @Override
  public long unsentBytes() {
    return outbound.unsentBytes();
  }

  @Override
  public long takenBytes() {
    return outbound.takenBytes();
  }

  @Override
  public boolean suspend() {
    synchronized (lock) {
      suspended = true;
    }
    return true;
  }

  @Override
  public void resume() {
    unpark(() -> suspended = false);
  }

  @Override
  public boolean receivesTooSlowly(long nanoTime) {
    return inbound.isTooSlow(nanoTime);
  }

  @Override
  public void ping() {
    outbound.ping();
  }

  @Override
  public void close(Close close, Runnable sent) {
    if (inbound != null) {
      inbound.discard();
    } // else the acceptor refuses the connection, and its listener forgets what comes in
    outbound.close(
        new CloseStatus(close.code().number(), close.reason()).toFrame(),
        () -> {
          sent.run();
          closeFrameIsOut();
        });
    // What comes in is read and forgotten: the peer's close frame is to be seen, or its end.
    unpark(
        () -> {
          suspended = false;
          memoryAwaited = false;
        });
  }

  private void peerClose(int code) {
    Frame answer =
        code == CloseStatus.NO_CODE ? new Frame(OpCode.CLOSE) : new CloseStatus(code).toFrame();
    boolean both;
    synchronized (lock) {
      peerClosed = true;
      both = closeSent;
    }
    if (both) {
      end();
      return;
    }
    outbound.close(answer, this::closeFrameIsOut);
    listener.closing();
  }

  private void closeFrameIsOut() {
    boolean both;
    synchronized (lock) {
      closeSent = true;
      both = peerClosed;
    }
    if (both) {
      end();
    }
  }

  private boolean isCloseSent() {
    synchronized (lock) {
      return closeSent;
    }
  }

  @Override
  public void cut() {
    if (socket != null) {
      socket.terminate();
    }
    end();
  }

  /** The connection is no more: everything is given back, once. */
  void end() {
    boolean reads;
    synchronized (lock) {
      if (ended) {
        return;
      }
      ended = true;
      reads = reading == Reading.RUNNING;
    }
    if (!reads) {
      inbound.end();
    }
    // First, so that nobody goes on sending to a connection that swallows all of it.
    listener.closed();
    outbound.end();
    try {
      connection.close();
    } catch (Exception e) {
      // Declared as Exception by the API; the connection is given up whatever it is.
      LOG.log(Level.DEBUG, "close of a connection that is gone", e);
    }
  }

  private final class Events implements Inbound.Events {
    @Override
    public void ping(@Nullable ByteBuffer payload) {
      byte[] bytes = new byte[payload == null ? 0 : payload.remaining()];
      if (payload != null) {
        payload.get(bytes);
      }
      outbound.pong(bytes);
    }

    @Override
    public void peerClose(int code) {
      UpgradeConnection.this.peerClose(code);
    }

    @Override
    public boolean wantsMore() {
      synchronized (lock) {
        return !suspended && !memoryAwaited && !ended;
      }
    }

    @Override
    public void waitForMemory() {
      synchronized (lock) {
        memoryAwaited = true;
      }
    }

    @Override
    public void memoryCame() {
      unpark(() -> memoryAwaited = false);
    }
  }
}
