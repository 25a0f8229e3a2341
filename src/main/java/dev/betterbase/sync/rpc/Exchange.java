package dev.betterbase.sync.rpc;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.InboundFrame;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.rpc.method.Reply;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way to its last frame, which this class encodes, counts and, if a limit refused
 * it, reports to the security log. It is the one place where an exception of a handler becomes an
 * error frame.
 */
final class Exchange {

  private static final FailureLog LOG = new FailureLog(Exchange.class);

  private final RpcConnection connection;
  private final InboundFrame.Request request;
  private final RpcMetrics metrics;
  private final long begun = System.nanoTime();

  Exchange(RpcConnection connection, InboundFrame.Request request, RpcMetrics metrics) {
    this.connection = connection;
    this.request = request;
    this.metrics = metrics;
  }

  InboundFrame.Request request() {
    return request;
  }

  /** A frame with a part of the answer; the last frame is still to come. */
  byte[] chunk(String name, Body data) {
    return FrameWriter.chunk(request.id(), name, data);
  }

  /** The last frame of a request that has a result. */
  byte[] result(Reply reply) {
    byte[] frame = FrameWriter.result(request.id(), reply.result());
    reportLimit(reply.refusal());
    if (reply.refusal() == ErrorCode.INTERNAL) {
      metrics.failed(request.method(), null);
    }
    ended(reply.refusal());
    return frame;
  }

  /** The last frame of a request that failed. Unexpected failures are logged. */
  byte[] error(RuntimeException thrown) {
    Failure failure = thrown instanceof Failure known ? known : new Failure.Internal(thrown);
    if (failure instanceof Failure.Internal) {
      Throwable cause = failure.getCause();
      metrics.failed(request.method(), cause);
      if (cause != null) {
        LOG.failed(
            request.method(), cause, LogContext.of(connection, request.method(), request.params()));
      }
    }
    WireError error = WireError.of(failure);
    reportLimit(error.code());
    ended(error.code());
    return FrameWriter.error(request.id(), error);
  }

  private void reportLimit(@Nullable ErrorCode error) {
    if (error == ErrorCode.RATE_LIMITED || error == ErrorCode.PAYLOAD_TOO_LARGE) {
      // Only a known method gets so far, so its name is a text of this program.
      connection.limitReached(request.method());
    }
  }

  private void ended(@Nullable ErrorCode error) {
    metrics.ended(request.method(), System.nanoTime() - begun, error);
  }
}
