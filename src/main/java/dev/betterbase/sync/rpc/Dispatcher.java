package dev.betterbase.sync.rpc;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameReader;
import dev.betterbase.sync.protocol.InboundFrame;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Call;
import dev.betterbase.sync.rpc.method.CallHandler;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import dev.betterbase.sync.rpc.method.RpcHandler;
import dev.betterbase.sync.rpc.method.StreamHandler;
import dev.betterbase.sync.rpc.outbound.InOrderReplies;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Finds the handler of a frame and answers. It knows no method by name. */
final class Dispatcher {

  private static final Logger LOG = System.getLogger(Dispatcher.class.getName());
  private static final FailureLog FAILURES = new FailureLog(Dispatcher.class);

  private final Map<String, RpcHandler<?>> handlers = new HashMap<>();
  private final RpcMetrics metrics;

  /**
   * @param handlers all methods of the protocol
   * @param callers the kind of caller; methods for other kinds do not exist for it
   * @param metrics the meters of the requests of these callers
   * @throws IllegalStateException if two handlers have one name
   */
  Dispatcher(Iterable<RpcHandler<?>> handlers, RpcHandler.Callers callers, RpcMetrics metrics) {
    this.metrics = metrics;
    for (RpcHandler<?> handler : handlers) {
      if (!handler.callers().include(callers)) {
        continue;
      }
      for (String method : handler.methods()) {
        if (this.handlers.put(method, handler) != null) {
          throw new IllegalStateException("two handlers for " + method);
        }
        metrics.add(method);
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

  private @Nullable RpcHandler<?> find(RpcConnection connection, String method) {
    RpcHandler<?> found = handlers.get(method);
    if (found != null) {
      connection.called(method);
    }
    return found;
  }

  private void answer(RpcConnection connection, InboundFrame.Request request) {
    var exchange = new Exchange(connection, request, metrics);
    try {
      switch (find(connection, request.method())) {
        case RequestHandler<?> handler -> reply(connection, exchange, handler);
        case StreamHandler<?> handler -> stream(connection, exchange, handler);
        case CallHandler<?> handler -> call(connection, exchange, handler);
        case null, default -> throw new Failure.MethodNotFound(request.method());
      }
    } catch (RuntimeException e) {
      connection.replies().send(exchange.error(e));
    }
  }

  private <P> void reply(RpcConnection connection, Exchange exchange, RequestHandler<P> handler) {
    answer(
        connection,
        exchange,
        handler.handle(connection, read(exchange.request(), handler, handler.invalidParams())));
  }

  private <P> void call(RpcConnection connection, Exchange exchange, CallHandler<P> handler) {
    InboundFrame.Request request = exchange.request();
    P params = read(request, handler, handler.invalidParams());
    answer(
        connection,
        exchange,
        handler.answer(connection, new Call<>(request.method(), params, request.params())));
  }

  private void answer(RpcConnection connection, Exchange exchange, Answer answer) {
    switch (answer) {
      case Reply reply -> {
        connection.replies().send(exchange.result(reply));
        runAfterwards(connection, exchange.request(), reply);
      }
      case Answer.Later(CompletionStage<Reply> later) ->
          connection
              .replies()
              .sendLater(
                  later.handle(
                      (reply, failure) -> () -> finish(connection, exchange, reply, failure)));
      case Answer.Streamed(ChunkStream stream) -> start(connection, exchange, stream);
    }
  }

  private InOrderReplies.Outcome finish(
      RpcConnection connection,
      Exchange exchange,
      @Nullable Reply reply,
      @Nullable Throwable failure) {
    byte[] frame;
    try {
      frame = reply == null ? exchange.error(cause(failure)) : exchange.result(reply);
    } catch (RuntimeException e) {
      return connection.replies().queue(exchange.error(e));
    }
    InOrderReplies.Outcome outcome = connection.replies().queue(frame);
    if (reply != null) {
      runAfterwards(connection, exchange.request(), reply);
    }
    return outcome;
  }

  private static RuntimeException cause(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RuntimeException known
        ? known
        : new IllegalStateException("no reply came", cause);
  }

  private void runAfterwards(RpcConnection connection, InboundFrame.Request request, Reply reply) {
    try {
      reply.afterwards().run();
    } catch (RuntimeException e) {
      // The answer stands. Who was not told finds out: see the order of notifications.
      metrics.failed(request.method(), e);
      FAILURES.failed(
          "a step after the reply",
          e,
          LogContext.of(connection, request.method(), request.params()));
    }
  }

  private <P> void stream(RpcConnection connection, Exchange exchange, StreamHandler<P> handler) {
    start(
        connection,
        exchange,
        handler.open(connection, read(exchange.request(), handler, handler.invalidParams())));
  }

  private static void start(RpcConnection connection, Exchange exchange, ChunkStream stream) {
    connection
        .streams()
        .start(new StreamTask(stream, new Outlet(connection, exchange), connection.sendBudget()));
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
    if (find(connection, notification.method()) instanceof NotificationHandler<?> handler) {
      notice(connection, notification, handler);
    }
  }

  private <P> void notice(
      RpcConnection connection,
      InboundFrame.Notification notification,
      NotificationHandler<P> handler) {
    long begun = System.nanoTime();
    try {
      handler.handle(connection, handler.read(notification.params().reader()));
    } catch (Failure e) {
      LOG.log(
          Level.DEBUG,
          () ->
              "a notification was dropped "
                  + LogContext.of(connection, notification.method(), notification.params()),
          e);
    } catch (RuntimeException e) {
      metrics.failed(notification.method(), e);
      FAILURES.failed(
          notification.method(),
          e,
          LogContext.of(connection, notification.method(), notification.params()));
    }
    metrics.ended(notification.method(), System.nanoTime() - begun, null);
  }

  /** The side of the connection that the stream of one call uses. */
  private record Outlet(RpcConnection connection, Exchange exchange) implements StreamTask.Outlet {

    @Override
    public void replyInOrder(List<byte[]> frames) {
      connection.replies().send(frames);
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
      return exchange.chunk(name, data);
    }

    @Override
    public byte[] result(Body result) {
      return exchange.result(Reply.of(result));
    }

    @Override
    public byte[] error(RuntimeException cause) {
      return exchange.error(cause);
    }

    @Override
    public boolean isOpen() {
      return connection.isOpen();
    }
  }
}
