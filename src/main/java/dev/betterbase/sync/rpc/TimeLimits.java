package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import org.jspecify.annotations.Nullable;

/**
 * Holds one connection to the time limits of the protocol (protocol.md, Close codes). Sends its
 * keepalives, and closes it when a time is over. {@link Lifetime} has the clocks. Used by one
 * thread at a time, about once a second.
 */
final class TimeLimits {

  private final RpcConnection connection;
  private final ConnectionContext context;
  private final TransportConnection transport;
  private final ConnectionState state;
  private final Lifetime lifetime;
  private final Closing closing;

  TimeLimits(
      RpcConnection connection,
      ConnectionContext context,
      TransportConnection transport,
      ConnectionState state,
      Lifetime lifetime,
      Closing closing) {
    this.connection = connection;
    this.context = context;
    this.transport = transport;
    this.state = state;
    this.lifetime = lifetime;
    this.closing = closing;
  }

  /** Looks at the clocks. */
  void tick() {
    long now = context.nanoTime().getAsLong();
    if (state.isBusy()) {
      lifetime.heard(now);
    }
    switch (state.phase()) {
      case WAITING_FOR_AUTH -> {
        if (transport.hasUnread()) {
          // The client has sent something in time, and this server has not come to read it. After
          // 4000 it would never come back (protocol.md, Close codes).
          lifetime.authHasCome(now);
        } else if (lifetime.authIsLate(now)) {
          closing.close(Close.AUTH_TIMEOUT);
        }
      }
      case AUTHENTICATING -> {}
      case OPEN -> tickOpen(now);
      case CLOSING -> closing.tick(now);
      case CLOSED -> context.gone().accept(connection);
    }
  }

  private void tickOpen(long now) {
    if (lifetime.isStuck(now, transport.unsentBytes(), transport.takenBytes())) {
      closing.closeNow(Close.SLOW_CONSUMER);
      return;
    }
    if (transport.receivesTooSlowly(now)) {
      closing.closeNow(Close.MESSAGE_TOO_SLOW);
      return;
    }
    if (lifetime.isSilent(now)) {
      closing.closeNow(Close.NO_SIGN_OF_LIFE);
      return;
    }
    Close over =
        switch (connection.caller()) {
          case Caller.Member(AccessToken token) -> over(token, now);
          case Caller.Peer unused -> null;
        };
    if (over != null) {
      closing.closeInOrder(over);
      return;
    }
    if (lifetime.keepaliveIsDue(now)) {
      connection.outbound().offer(new Notification.Ephemeral(null, FrameWriter.keepalive()));
      transport.ping();
    }
  }

  /** The reason to close a client's connection because its time is over; null if it is not. */
  private @Nullable Close over(AccessToken token, long now) {
    if (token.expiresAt().getEpochSecond() < context.time().instant().getEpochSecond()) {
      return Close.TOKEN_EXPIRED;
    }
    return lifetime.isOver(now, connection.streams().isIdle()) ? Close.CONNECTION_TIMEOUT : null;
  }
}
