package dev.betterbase.sync.rpc;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.method.LogContext;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The caller of one connection (auth.md). A client is known from its first frame on, and may show
 * newer tokens later; a peer is known from its handshake on. The methods that are called for a
 * frame run one at a time; any thread may call the others.
 */
final class Authentication {

  private static final FailureLog LOG = new FailureLog(Authentication.class);

  private final RpcConnection connection;
  private final ConnectionContext context;
  private final ConnectionState state;
  private final Closing closing;
  private final List<Runnable> refreshings = new CopyOnWriteArrayList<>();

  private volatile @Nullable Caller caller;

  /** The {@link Caller#party} of the caller, which stays the same when a token is refreshed. */
  private volatile @Nullable Object party;

  /**
   * @param peer the peer that has authenticated itself in the handshake; null for a client
   */
  Authentication(
      RpcConnection connection,
      ConnectionContext context,
      ConnectionState state,
      Closing closing,
      Caller.@Nullable Peer peer) {
    this.connection = connection;
    this.context = context;
    this.state = state;
    this.closing = closing;
    this.party = peer == null ? null : peer.party();
    this.caller = peer;
  }

  /**
   * Verifies the first frame of a client. Closes the connection if it shows no valid token.
   *
   * @throws ProtocolViolation if the frame is malformed, or the token is refused
   */
  void authenticate(byte[] message) throws ProtocolViolation {
    if (!state.beginAuthentication()) {
      return;
    }
    AccessToken token;
    try {
      token = context.authenticator().authenticate(message);
    } catch (RuntimeException e) {
      // The database did not answer. After 4000 the client would never come back.
      LOG.failed("authentication", e, LogContext.of(connection));
      closing.close(Close.INTERNAL);
      return;
    }
    open(token);
  }

  private void open(AccessToken token) {
    var owner = ConnectionSlots.Owner.of(token);
    if (!context.slots().take(owner)) {
      context
          .security()
          .limitReached(Close.TOO_MANY_CONNECTIONS.reason(), context.security().person(token));
      closing.close(Close.TOO_MANY_CONNECTIONS);
      return;
    }
    var member = new Caller.Member(token);
    party = member.party();
    caller = member;
    if (!state.open(owner)) {
      // It ended while its token was verified, so nobody else gives the slot back.
      context.slots().giveBack(owner);
      return;
    }
    context.waitingRoom().leave(connection);
  }

  /** The client has shown a newer token, which is verified. It may be of another mailbox. */
  void refresh(AccessToken token) {
    var owner = ConnectionSlots.Owner.of(token);
    ConnectionSlots.Owner previous = state.slot();
    caller = new Caller.Member(token);
    refreshings.forEach(Runnable::run);
    if (previous == null || owner.equals(previous)) {
      return;
    }
    if (!context.slots().take(owner)) {
      closing.closeInOrder(Close.TOO_MANY_CONNECTIONS);
      return;
    }
    context.slots().giveBack(state.move(owner));
  }

  /** The task runs after each {@link #refresh}. */
  void onRefresh(Runnable task) {
    refreshings.add(task);
  }

  /** Whether the caller is known. */
  boolean isDone() {
    return caller != null;
  }

  /**
   * @throws IllegalStateException if it is not known yet
   */
  Caller caller() {
    Caller known = caller;
    if (known == null) {
      throw new IllegalStateException("not authenticated");
    }
    return known;
  }

  /**
   * @throws IllegalStateException if it is not known yet, or is a peer
   */
  AccessToken token() {
    if (caller() instanceof Caller.Member(AccessToken token)) {
      return token;
    }
    throw new IllegalStateException("a peer has no token");
  }

  /** The {@link Caller#party} of the caller; null if it is not known yet. */
  @Nullable Object party() {
    return party;
  }

  boolean isPeer() {
    return caller instanceof Caller.Peer;
  }

  boolean isOf(Caller.Peer peer) {
    return peer.equals(caller);
  }

  boolean isOfMailbox(String mailboxId) {
    return caller instanceof Caller.Member(AccessToken token)
        && token.mailboxId().filter(mailboxId::equals).isPresent();
  }

  /** The caller as the security log names it. */
  String pseudonym() {
    Caller known = caller;
    return known == null ? "a client from " + connection.address() : known.in(context.security());
  }

  /** {@code client}, {@code peer}, or {@code unauthenticated}. */
  String kind() {
    return switch (caller) {
      case null -> "unauthenticated";
      case Caller.Member member -> "client";
      case Caller.Peer peer -> "peer";
    };
  }
}
