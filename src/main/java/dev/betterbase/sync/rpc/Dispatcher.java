package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.InboundFrame;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Call;
import dev.betterbase.sync.rpc.method.CallHandler;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import dev.betterbase.sync.rpc.method.RpcHandler;
import dev.betterbase.sync.rpc.method.StreamHandler;
import dev.betterbase.sync.rpc.outbound.InOrderReplies;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Finds the handler of a frame and answers. It knows no method by name. It is the one place where
 * an exception of a handler becomes an error frame.
 */
final class Dispatcher {

  private static final Logger LOG = System.getLogger(Dispatcher.class.getName());

  private final Map<String, RpcHandler<?>> handlers = new HashMap<>();

  /**
   * @param handlers all methods of the protocol
   * @param callers who calls; methods for others do not exist for them
   * @throws IllegalStateException if two handlers have one name
   */
  Dispatcher(Iterable<RpcHandler<?>> handlers, RpcHandler.Callers callers) {
    for (RpcHandler<?> handler : handlers) {
      if (!handler.callers().include(callers)) {
        continue;
      }
      for (String method : handler.methods()) {
        if (this.handlers.put(method, handler) != null) {
          throw new IllegalStateException("two handlers for " + method);
        }
      }
    }
  }

  /**
   * Handles one message.
   *
   * @throws ProtocolViolation if the connection must be closed
   */
  void dispatch(RpcConnection connection, byte[] message) throws ProtocolViolation {
    switch (FrameReader.read(message)) {
      case InboundFrame.Request request -> answer(connection, request);
      case InboundFrame.Notification notification -> notice(connection, notification);
      case InboundFrame.Ignored() -> {}
    }
  }

  private void answer(RpcConnection connection, InboundFrame.Request request) {
    try {
      switch (handlers.get(request.method())) {
        case RequestHandler<?> handler -> reply(connection, request, handler);
        case StreamHandler<?> handler -> stream(connection, request, handler);
        case CallHandler<?> handler -> call(connection, request, handler);
        case null, default -> throw new Failure.MethodNotFound(request.method());
      }
    } catch (RuntimeException e) {
      connection.reply(error(request, e));
    }
  }

  private <P> void reply(
      RpcConnection connection, InboundFrame.Request request, RequestHandler<P> handler) {
    answer(
        connection,
        request,
        handler.handle(connection, read(request, handler, handler.invalidParams())));
  }

  private <P> void call(
      RpcConnection connection, InboundFrame.Request request, CallHandler<P> handler) {
    P params = read(request, handler, handler.invalidParams());
    answer(
        connection,
        request,
        handler.answer(connection, new Call<>(request.method(), params, request.params())));
  }

  private void answer(RpcConnection connection, InboundFrame.Request request, Answer answer) {
    switch (answer) {
      case Reply reply -> {
        connection.reply(FrameWriter.result(request.id(), reply.result()));
        runAfterwards(request, reply);
      }
      case Answer.Later(CompletionStage<Reply> later) ->
          connection.replyLater(
              later.handle((reply, failure) -> () -> finish(connection, request, reply, failure)));
      case Answer.Streamed(ChunkStream stream) -> start(connection, request, stream);
    }
  }

  private static InOrderReplies.Outcome finish(
      RpcConnection connection,
      InboundFrame.Request request,
      @Nullable Reply reply,
      @Nullable Throwable failure) {
    byte[] frame;
    try {
      frame =
          reply == null
              ? error(request, cause(failure))
              : FrameWriter.result(request.id(), reply.result());
    } catch (RuntimeException e) {
      return connection.sendReply(error(request, e));
    }
    InOrderReplies.Outcome outcome = connection.sendReply(frame);
    if (reply != null) {
      runAfterwards(request, reply);
    }
    return outcome;
  }

  private static RuntimeException cause(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException("no reply came", cause);
  }

  private static void runAfterwards(InboundFrame.Request request, Reply reply) {
    try {
      reply.afterwards().run();
    } catch (RuntimeException e) {
      // The answer stands. Who was not told finds out: see the order of notifications.
      LOG.log(Level.ERROR, "after " + request.method(), e);
    }
  }

  private <P> void stream(
      RpcConnection connection, InboundFrame.Request request, StreamHandler<P> handler) {
    start(
        connection,
        request,
        handler.open(connection, read(request, handler, handler.invalidParams())));
  }

  private static void start(
      RpcConnection connection, InboundFrame.Request request, ChunkStream stream) {
    connection
        .streams()
        .start(new StreamTask(stream, new Outlet(connection, request), connection.sendBudget()));
  }

  private static <P> P read(
      InboundFrame.Request request, RpcHandler<P> handler, String invalidParams) {
    try {
      return handler.read(request.params().reader());
    } catch (Failure.InvalidParams e) {
      throw new Failure.InvalidParams(invalidParams);
    }
  }

  private void notice(RpcConnection connection, InboundFrame.Notification notification) {
    if (handlers.get(notification.method()) instanceof NotificationHandler<?> handler) {
      notice(connection, notification, handler);
    }
  }

  private static <P> void notice(
      RpcConnection connection,
      InboundFrame.Notification notification,
      NotificationHandler<P> handler) {
    try {
      handler.handle(connection, handler.read(notification.params().reader()));
    } catch (Failure e) {
      LOG.log(Level.DEBUG, "a notification was dropped", e);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, notification.method(), e);
    }
  }

  /** The error frame for an exception of a handler. Unexpected ones are logged. */
  private static byte[] error(InboundFrame.Request request, RuntimeException thrown) {
    Failure failure = thrown instanceof Failure known ? known : new Failure.Internal(thrown);
    if (failure instanceof Failure.Internal && failure.getCause() != null) {
      report(request.method(), failure.getCause());
    }
    return FrameWriter.error(request.id(), WireError.of(failure));
  }

  /**
   * Logs one line without a stack trace if the database failed, because then every call fails.
   * Anything else is a bug.
   */
  private static void report(String method, Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof SQLException sql) {
        LOG.log(
            Level.WARNING,
            "{0} failed: {1}, SQL state {2}",
            method,
            sql.getClass().getSimpleName(),
            sql.getSQLState());
        return;
      }
    }
    LOG.log(Level.ERROR, method + " failed", cause);
  }

  /** The side of the connection that the stream of one call uses. */
  private record Outlet(RpcConnection connection, InboundFrame.Request request)
      implements StreamTask.Outlet {

    @Override
    public void replyInOrder(List<byte[]> frames) {
      connection.replyInOrder(frames);
    }

    @Override
    public int offer(List<byte[]> frames, int from, @Nullable Object owner) {
      return connection.outbound().offerReplies(frames, from, owner);
    }

    @Override
    public void withdraw(Object owner) {
      connection.outbound().withdrawReplies(owner);
    }

    @Override
    public void whenRoom(int length, Runnable task) {
      connection.outbound().whenRoomForReply(length, task);
    }

    @Override
    public byte[] chunk(String name, Body data) {
      return FrameWriter.chunk(request.id(), name, data);
    }

    @Override
    public byte[] result(Body result) {
      return FrameWriter.result(request.id(), result);
    }

    @Override
    public byte[] error(RuntimeException cause) {
      return Dispatcher.error(request, cause);
    }

    @Override
    public boolean isOpen() {
      return connection.isOpen();
    }
  }
}
