package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.protocol.ServerFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.OpCode;
import org.jspecify.annotations.Nullable;

/**
 * One open connection to a home server: many requests at a time, each known by an id. It ends for
 * good at the first thing that is no frame of the protocol.
 */
final class HomeSession implements FrameHandler {
  private static final Logger LOG = System.getLogger(HomeSession.class.getName());

  /** No server sends a longer frame (protocol.md, After authentication). */
  private static final int MESSAGE_AT_MOST = FrameWriter.MAX_FRAME_BYTES;

  /** The longest request: what a server takes by default. */
  private static final int REQUEST_AT_MOST = 64 * 1024 * 1024;

  /** Bytes of requests that wait for the socket; a home that reads no more must not take memory. */
  private static final long UNSENT_AT_MOST = 2L * REQUEST_AT_MOST;

  private static final int PROTOCOL_ERROR = 4005;
  private static final Duration SILENCE = Duration.ofSeconds(75);

  private final Consumer<ServerFrame.Notification> notifications;
  private final Runnable gone;
  private final Map<String, PendingCall> calls = new ConcurrentHashMap<>();
  private final AtomicLong lastId = new AtomicLong();
  private final AtomicLong unsent = new AtomicLong();

  /** Used by the reading thread alone. */
  private final ByteArrayOutputStream message = new ByteArrayOutputStream();

  private volatile @Nullable CoreSession socket;
  private volatile boolean over;
  private volatile long heardAt = System.nanoTime();

  /**
   * @param notifications hears of what the home server tells unasked, in order
   * @param gone run once when the connection is no more
   */
  HomeSession(Consumer<ServerFrame.Notification> notifications, Runnable gone) {
    this.notifications = notifications;
    this.gone = gone;
  }

  /** Waits for the answer to one request. All methods may be called from any thread. */
  interface PendingCall {
    void chunk(ServerFrame.Chunk chunk);

    void result(ServerFrame.Result result);

    void failed(ServerFrame.Failed failure);

    /**
     * The connection is gone, or the request was not sent.
     *
     * @param written whether any of it may have reached the home server
     */
    void broken(boolean written);
  }

  boolean isOpen() {
    return socket != null && !over;
  }

  /** Whether no request waits for its answer. */
  boolean isIdle() {
    return calls.isEmpty();
  }

  /**
   * Sends a request.
   *
   * @return its id, for {@link #forget}
   * @throws dev.betterbase.sync.protocol.FrameTooLarge if it is longer than a server takes
   */
  String request(String method, Body params, PendingCall call) {
    String id = Long.toString(lastId.incrementAndGet());
    byte[] frame = FrameWriter.request(id, method, params, REQUEST_AT_MOST);
    calls.put(id, call);
    CoreSession open = socket;
    if (open == null || over || unsent.get() + frame.length > UNSENT_AT_MOST) {
      if (calls.remove(id) != null) {
        call.broken(false);
      }
      return id;
    }
    send(open, frame, () -> unwritten(id));
    return id;
  }

  private void unwritten(String id) {
    PendingCall call = calls.remove(id);
    if (call != null) {
      // Part of it may have left.
      call.broken(true);
    }
  }

  /** Nobody waits for this answer any more. */
  void forget(String id) {
    calls.remove(id);
  }

  /** Sends a notification; one that cannot be sent is dropped. */
  void tell(String method, Body params) {
    CoreSession open = socket;
    if (open != null && !over) {
      send(open, FrameWriter.notification(method, params), () -> {});
    }
  }

  /**
   * Ends a connection on which no frame of any kind has come for this long: it is dead, and the
   * next call needs another.
   */
  void abortIfSilent(long nanos) {
    if (System.nanoTime() - heardAt >= nanos) {
      abort();
    }
  }

  private void send(CoreSession open, byte[] frame, Runnable failed) {
    unsent.addAndGet(frame.length);
    open.sendFrame(
        new Frame(OpCode.BINARY, ByteBuffer.wrap(frame)),
        Callback.from(
            () -> unsent.addAndGet(-frame.length),
            cause -> {
              unsent.addAndGet(-frame.length);
              failed.run();
            }),
        false);
  }

  /** Closes in order; what waits for an answer is broken. */
  void close() {
    CoreSession open = socket;
    if (open != null) {
      open.close(CloseStatus.SHUTDOWN, null, Callback.NOOP);
    }
    end();
  }

  /** Ends it at once. */
  void abort() {
    CoreSession open = socket;
    if (open != null) {
      open.abort();
    }
    end();
  }

  @Override
  public void onOpen(CoreSession session, Callback callback) {
    // Messages are put together here, and bounded here.
    session.setMaxFrameSize(MESSAGE_AT_MOST);
    // A server shows every 30 s that it lives (protocol.md, Connecting).
    session.setIdleTimeout(SILENCE);
    heardAt = System.nanoTime();
    socket = session;
    callback.succeeded();
    session.demand();
  }

  @Override
  public void onFrame(Frame frame, Callback callback) {
    CoreSession open = socket;
    if (open == null) {
      callback.failed(new IOException("not open"));
      return;
    }
    heardAt = System.nanoTime();
    try {
      switch (frame.getOpCode()) {
        case OpCode.BINARY, OpCode.CONTINUATION -> part(frame);
        case OpCode.PING ->
            open.sendFrame(new Frame(OpCode.PONG, copy(frame.getPayload())), Callback.NOOP, false);
        case OpCode.TEXT -> throw new IOException("a text message");
        default -> {}
      }
      callback.succeeded();
      open.demand();
    } catch (IOException | ProtocolViolation | RuntimeException violation) {
      LOG.log(
          Level.WARNING,
          "the home server {0} broke the protocol: {1}",
          open.getRequestURI().getAuthority(),
          violation.getClass().getSimpleName());
      callback.succeeded();
      open.close(PROTOCOL_ERROR, "invalid cbor frame", Callback.NOOP);
      abort();
    }
  }

  private static ByteBuffer copy(@Nullable ByteBuffer payload) {
    if (payload == null) {
      return ByteBuffer.allocate(0);
    }
    return ByteBuffer.allocate(payload.remaining()).put(payload).flip();
  }

  private void part(Frame frame) throws IOException, ProtocolViolation {
    ByteBuffer payload = frame.getPayload();
    if (payload != null) {
      if (message.size() + payload.remaining() > MESSAGE_AT_MOST) {
        throw new IOException("a message that is too long");
      }
      byte[] bytes = new byte[payload.remaining()];
      payload.get(bytes);
      message.writeBytes(bytes);
    }
    if (frame.isFin()) {
      byte[] whole = message.toByteArray();
      message.reset();
      handle(FrameReader.readFromServer(whole));
    }
  }

  private void handle(ServerFrame frame) {
    switch (frame) {
      case ServerFrame.Chunk chunk -> {
        PendingCall call = calls.get(chunk.id());
        if (call != null) {
          call.chunk(chunk);
        }
      }
      case ServerFrame.Result result -> {
        PendingCall call = calls.remove(result.id());
        if (call != null) {
          call.result(result);
        }
      }
      case ServerFrame.Failed failure -> {
        PendingCall call = calls.remove(failure.id());
        if (call != null) {
          call.failed(failure);
        }
      }
      case ServerFrame.Notification notification -> notifications.accept(notification);
      case ServerFrame.Ignored() -> {}
    }
  }

  @Override
  public void onError(Throwable cause, Callback callback) {
    LOG.log(Level.DEBUG, "connection to a home server", cause);
    callback.succeeded();
    end();
  }

  @Override
  public void onClosed(CloseStatus status, Callback callback) {
    callback.succeeded();
    end();
  }

  private void end() {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    // First, so that a call that is repeated does not find this connection again.
    gone.run();
    // A task that is added from now on finds it over.
    for (String id : List.copyOf(calls.keySet())) {
      PendingCall call = calls.remove(id);
      if (call != null) {
        call.broken(true);
      }
    }
  }
}
