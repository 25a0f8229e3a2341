package dev.betterbase.sync.rpc;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.rpc.outbound.InOrderReplies;
import dev.betterbase.sync.rpc.outbound.OutboundQueue;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The replies of one connection, in the order of its requests. While a reply has no room or depends
 * on another server, no further request is read. A client that takes too little for too long is
 * closed.
 */
final class Replies {
  private static final FailureLog FAILURES = new FailureLog(Replies.class);

  /** The longest that a reply may depend on another server. */
  private static final Duration LATEST = Duration.ofSeconds(20);

  private final RpcConnection connection;
  private final TransportConnection transport;
  private final ConnectionState state;
  private final Closing closing;
  private final InOrderReplies inOrder;

  Replies(
      RpcConnection connection,
      TransportConnection transport,
      OutboundQueue outbound,
      ConnectionState state,
      Closing closing) {
    this.connection = connection;
    this.transport = transport;
    this.state = state;
    this.closing = closing;
    this.inOrder = new InOrderReplies(outbound, transport, state::hold, this::answered);
  }

  /** Sends a reply. To be called on the thread that handles the requests. */
  void send(byte[] frame) {
    send(List.of(frame));
  }

  /** Sends the frames of one reply. To be called on the thread that handles the requests. */
  void send(List<byte[]> frames) {
    judge(inOrder.send(frames));
  }

  /** Queues a reply for {@link #sendLater}, which judges the outcome. */
  InOrderReplies.Outcome queue(byte[] frame) {
    return inOrder.send(List.of(frame));
  }

  /**
   * Reads no further request until a reply is ready and was sent. On a transport that cannot
   * suspend reading, the calling thread waits instead.
   *
   * @param sending completes with what queues the reply
   */
  void sendLater(CompletionStage<Supplier<InOrderReplies.Outcome>> sending) {
    if (!transport.suspend()) {
      await(sending);
      return;
    }
    state.hold();
    CompletionStage<Void> unused =
        sending.thenAccept(
            queue -> {
              InOrderReplies.Outcome outcome = queue.get();
              if (outcome == InOrderReplies.Outcome.PARKED) {
                // Reading goes on when the reply has found room.
                connection.handled();
              } else {
                judge(outcome);
                answered();
              }
            });
  }

  private void await(CompletionStage<Supplier<InOrderReplies.Outcome>> sending) {
    try {
      judge(sending.toCompletableFuture().get(LATEST.toMillis(), TimeUnit.MILLISECONDS).get());
    } catch (ExecutionException | TimeoutException e) {
      // Calls to other servers time out earlier, so this is a bug.
      FAILURES.failed("waiting for a reply", e, LogContext.of(connection));
      closing.closeNow(Close.INTERNAL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing.closeNow(Close.SHUTTING_DOWN);
    }
  }

  private void answered() {
    connection.handled();
    transport.resume();
  }

  private void judge(InOrderReplies.Outcome outcome) {
    switch (outcome) {
      case SENT, PARKED -> {}
      case NO_ROOM -> closing.closeNow(Close.SLOW_CONSUMER);
      case INTERRUPTED -> closing.closeNow(Close.SHUTTING_DOWN);
    }
  }
}
