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
    /** The container will call when there is something to read. */
    AWAITED,
    /** A thread is reading. */
    RUNNING,
    /** Reading is suspended, and the container will not call. */
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

  /**
   * The number of threads that are in the container's input or are ending the connection. When it
   * has ended, the last of them closes it in the container.
   *
   * <p>On Payara, a call of {@code isReady} that finds no bytes changes the Grizzly context of the
   * request, and so does the close. The context has no lock. If both happen at once, Grizzly can
   * use it for another connection too early, and then never reads that connection's bytes.
   */
  private int users;

  /** Bytes that were read and are not wanted yet. Used by the reading thread only. */
  private @Nullable ByteBuffer left;

  /**
   * @param connection the upgraded connection
   * @param acceptor takes the connection and returns its listener
   * @param shared the resources of all connections of the node
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
   * The resources that the connections of a node share.
   *
   * @param budget memory for incoming messages
   * @param buffers buffers to read into
   * @param executor resumes reading after a suspension
   * @param writers write when the container's own thread must not
   */
  record Shared(ReceiveBudget budget, ReadBuffers buffers, Executor executor, Executor writers) {}

  /**
   * To be called when the listeners of the container are set. The container does not tell of a peer
   * that went away before, right after the answer to its handshake.
   */
  void opened() {
    if (socket != null && !socket.isOpen()) {
      end();
    }
  }

  /** The container is ready for a write. */
  void writable() {
    outbound.writable();
  }

  /** The container has bytes to read. */
  void readable() {
    synchronized (lock) {
      if (reading != Reading.AWAITED) {
        // Spurious: a thread is already reading, or reading is suspended.
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

  /** Gives memory back if the connection ended or closed while this thread was reading. */
  private void giveMemoryBack() {
    boolean over;
    synchronized (lock) {
      over = ended;
    }
    if (over) {
      inbound.end();
    } else {
      giveDiscardedBack();
    }
  }

  /**
   * Gives the memory of a message back that is no longer wanted, unless a thread is reading, which
   * does it itself. Otherwise a peer that sends nothing more would hold it until it is cut off.
   */
  private void giveDiscardedBack() {
    Runnable giveBack;
    synchronized (lock) {
      if (reading == Reading.RUNNING) {
        return;
      }
      // No thread begins to read while this one has the lock.
      giveBack = inbound.forgetDiscarded();
    }
    giveBack.run();
  }

  /**
   * Reads the bytes that are there; false if it is over, or the container will call again, maybe at
   * once.
   */
  private boolean awaitedOrRead(byte[] buffer) throws IOException {
    synchronized (lock) {
      if (ended) {
        return false;
      }
      users++;
      // Set before isReady(), because the container may call on another thread before that returns.
      reading = Reading.AWAITED;
    }
    int count;
    try {
      if (!in.isReady()) {
        return false;
      }
      synchronized (lock) {
        if (ended || reading != Reading.AWAITED) {
          // It ended in between, or the container called and that thread reads.
          return false;
        }
        reading = Reading.RUNNING;
      }
      count = in.read(buffer);
    } finally {
      if (leave()) {
        closeElsewhere();
      }
    }
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

  /** Whether this was the last user of a connection that has ended, and has to close it. */
  private boolean leave() {
    synchronized (lock) {
      users--;
      return ended && users == 0;
    }
  }

  /**
   * Closes the connection in the container on another thread. A thread on which the container calls
   * holds a lock of the container's listener. A thread that closes the socket at the same time
   * waits for that lock and holds the one that the close needs.
   */
  private void closeElsewhere() {
    try {
      executor.execute(this::closeInContainer);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "the application is stopping", e);
      closeInContainer();
    }
  }

  private void receive(ByteBuffer bytes) {
    if (inbound.hasFailed() && isCloseSent()) {
      // Most likely the close frame of the peer; after a violation nobody can tell.
      end();
      return;
    }
    inbound.receive(bytes);
    if (bytes.hasRemaining()) {
      // The read buffer is given back, so bytes that are not wanted yet are copied: at most one
      // read.
      left = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    }
  }

  /** Whether the reading thread goes on; if not, reading is suspended or over. */
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

  /** Sends messages of any kind, otherwise like {@link #offer(List, Runnable)}. */
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
  public boolean hasUnread() {
    return socket != null && socket.hasUnread();
  }

  @Override
  public void ping() {
    outbound.ping();
  }

  @Override
  public void close(Close close, Runnable sent) {
    if (inbound != null) {
      inbound.discard();
      giveDiscardedBack();
    } // else the acceptor refuses the connection, and its listener forgets what comes in
    outbound.close(
        new CloseStatus(close.code().number(), close.reason()).toFrame(),
        () -> {
          sent.run();
          closeFrameIsOut();
        });
    // Read on and ignore messages, to see the close frame of the peer or its end.
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

  /** The connection is gone: gives everything back, once. */
  void end() {
    boolean reads;
    synchronized (lock) {
      if (ended) {
        return;
      }
      ended = true;
      users++;
      reads = reading == Reading.RUNNING;
    }
    if (!reads) {
      inbound.end();
    }
    // First of all, so that no sender goes on: from here on everything offered is dropped.
    listener.closed();
    outbound.end();
    if (leave()) {
      closeInContainer();
    }
  }

  /** The container is done with the connection. */
  void destroyed() {
    end();
    if (socket != null) {
      socket.forgetHandler();
    }
  }

  private void closeInContainer() {
    try {
      connection.close();
    } catch (Exception e) {
      // The API declares Exception; the connection is given up in any case.
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
