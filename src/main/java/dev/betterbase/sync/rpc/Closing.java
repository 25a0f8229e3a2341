package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.outbound.OutboundQueue;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which one connection ends (protocol.md, Close codes). The first of them counts. It
 * gives back, exactly once, all that others could use: the slot, the place in the waiting room, the
 * streams, and the tasks registered for the end.
 */
final class Closing {

  private static final Logger LOG = System.getLogger(Closing.class.getName());

  private final RpcConnection connection;
  private final ConnectionContext context;
  private final TransportConnection transport;
  private final OutboundQueue outbound;
  private final Streams streams;
  private final ConnectionState state;
  private final Lifetime lifetime;
  private final LongSupplier nanoTime;

  Closing(
      RpcConnection connection,
      ConnectionContext context,
      TransportConnection transport,
      OutboundQueue outbound,
      Streams streams,
      ConnectionState state,
      Lifetime lifetime) {
    this.connection = connection;
    this.context = context;
    this.transport = transport;
    this.outbound = outbound;
    this.streams = streams;
    this.state = state;
    this.lifetime = lifetime;
    this.nanoTime = context.nanoTime();
  }

  /** Closes once the request in hand is answered; the answer goes out first. */
  void closeInOrder(Close close) {
    if (!state.closeAfterwards(close)) {
      close(close);
    }
  }

  /** Closes behind the frames that wait to be sent. */
  void close(Close close) {
    if (begin(close)) {
      outbound.finish(() -> transport.close(close, this::closeIsOut));
    }
  }

  /** Closes ahead of the frames that wait to be sent, and drops them. */
  void closeNow(Close close) {
    if (begin(close)) {
      outbound.discard();
      transport.close(close, this::closeIsOut);
    }
  }

  /** The peer has begun to close, and the transport answers it. */
  void closedByPeer() {
    if (begin(null)) {
      outbound.discard();
    }
  }

  /** The connection is gone. */
  void gone() {
    if (!state.end()) {
      return;
    }
    giveBack();
    context.metrics().closed(state.closing(), outbound.highWaterBytes());
    outbound.discard();
    context.gone().accept(connection);
  }

  /** Looks at the clocks of a connection that is closing: helps the close frame out, or cuts. */
  void tick(long now) {
    Close late = state.closing();
    if (late != null && lifetime.closeIsLate(now)) {
      transport.close(late, this::closeIsOut);
    }
    if (lifetime.isAbandoned(now)) {
      LOG.log(Level.DEBUG, "a peer did not close");
      transport.cut();
      gone();
    }
  }

  private void closeIsOut() {
    lifetime.closeIsOut(nanoTime.getAsLong());
  }

  private boolean begin(@Nullable Close close) {
    if (!state.beginClosing(close, nanoTime.getAsLong())) {
      return false;
    }
    if (close != null) {
      note(close);
    }
    giveBack();
    return true;
  }

  private void note(Close close) {
    switch (close.code()) {
      case AUTH_FAILED ->
          context.security().authenticationRefused(close.reason(), connection.address());
      case RATE_LIMITED -> connection.limitReached(close.reason());
      default -> {}
    }
  }

  private void giveBack() {
    ConnectionState.Holdings holdings = state.giveUp();
    context.waitingRoom().leave(connection);
    ConnectionSlots.Owner slot = holdings.slot();
    if (slot != null) {
      context.slots().giveBack(slot);
    }
    streams.abandon();
    holdings.endings().forEach(Runnable::run);
  }
}
