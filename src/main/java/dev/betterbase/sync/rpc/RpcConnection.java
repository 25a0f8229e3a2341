package dev.betterbase.sync.rpc;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rate.TokenBucket;
import dev.betterbase.sync.rpc.ConnectionState.Phase;
import dev.betterbase.sync.rpc.ConnectionSummary.LastCall;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.outbound.OutboundQueue;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client or a peer (protocol.md): the first frame, the requests one after
 * another, and what is sent. {@link TimeLimits} watches its clocks, and {@link Closing} ends it.
 */
public final class RpcConnection implements Connection, TransportListener {

  private static final Logger LOG = System.getLogger(RpcConnection.class.getName());

  /** The longest message before authentication, in bytes. */
  static final int UNAUTHENTICATED_MESSAGE_BYTES = 64 * 1024;

  private final ConnectionContext context;
  private final ClientAddress address;
  private final TransportConnection transport;
  private final FairExecutor.Turns turns;
  private final SendBudget sendBudget;
  private final OutboundQueue outbound;
  private final Replies replies;
  private final Streams streams;
  private final Lifetime lifetime;
  private final TokenBucket frameRate;
  private final UUID id = UUID.randomUUID();
  private final ConnectionState state;
  private final Closing closing;
  private final TimeLimits timeLimits;
  private final List<Runnable> refreshings = new CopyOnWriteArrayList<>();

  private volatile @Nullable Caller caller;
  private volatile @Nullable Called lastCalled;

  private record Called(String method, long nanoTime) {}

  /** The {@link Caller#party} of the caller, which stays the same when a token is refreshed. */
  private volatile @Nullable Object party;

  /**
   * A connection of a client, which has to authenticate first.
   *
   * @param address the address from which it comes
   */
  RpcConnection(ConnectionContext context, TransportConnection transport, ClientAddress address) {
    this(context, transport, address, Phase.WAITING_FOR_AUTH);
  }

  /** A connection of a peer, which has authenticated itself in the handshake. */
  RpcConnection(ConnectionContext context, TransportConnection transport, Caller.Peer peer) {
    this(context, transport, ClientAddress.UNKNOWN, Phase.OPEN);
    party = peer.party();
    caller = peer;
  }

  private RpcConnection(
      ConnectionContext context,
      TransportConnection transport,
      ClientAddress address,
      Phase first) {
    this.context = context;
    this.address = address;
    this.transport = transport;
    long now = context.nanoTime().getAsLong();
    this.lifetime = new Lifetime(now, context.random());
    this.state = new ConnectionState(first, lifetime);
    this.turns = context.streamExecutor().turnsOf(this::sender);
    this.sendBudget = context.sendBudget().counting(turns::hold);
    this.outbound = new OutboundQueue(this::write, sendBudget, this::closeSlowConsumer);
    this.streams = new Streams(turns, context.streamLimits());
    this.closing = new Closing(this, context, transport, outbound, streams, state, lifetime);
    this.replies = new Replies(this, transport, outbound, state, closing);
    this.timeLimits = new TimeLimits(this, context, transport, state, lifetime, closing);
    this.frameRate = context.frameRates().ofConnection();
  }

  @Override
  public ClientAddress address() {
    return address;
  }

  @Override
  public Caller caller() {
    Caller known = caller;
    if (known == null) {
      throw new IllegalStateException("not authenticated");
    }
    return known;
  }

  @Override
  public AccessToken token() {
    if (caller() instanceof Caller.Member(AccessToken token)) {
      return token;
    }
    throw new IllegalStateException("a peer has no token");
  }

  @Override
  public void send(Notification notification) {
    put(notification);
    flush();
  }

  @Override
  public void put(Notification notification) {
    if (notification instanceof Notification.Ephemeral && caller instanceof Caller.Peer) {
      // Presence and events are for the members of this server only.
      return;
    }
    outbound.put(notification);
  }

  @Override
  public void flush() {
    outbound.flush();
  }

  @Override
  public void onEnd(Runnable task) {
    if (!state.addEnding(task)) {
      task.run();
    }
  }

  @Override
  public void onRefresh(Runnable task) {
    refreshings.add(task);
  }

  @Override
  public String id() {
    return id.toString();
  }

  @Override
  public void withdraw(SpaceId space) {
    outbound.withdraw(space);
  }

  @Override
  public void endStreamsIf(Predicate<Capability> over) {
    streams.endIf(over);
  }

  @Override
  public void heard() {
    lifetime.heard(context.nanoTime().getAsLong());
  }

  @Override
  public void frame() {
    Object known = party;
    if (!frameRate.permits() || (known != null && !context.frameRates().permits(known))) {
      receive(() -> closing.close(Close.RATE_LIMITED));
    }
  }

  @Override
  public int messageLimit() {
    int limit = context.limits().maxFrameBytes();
    return isAuthenticated() ? limit : UNAUTHENTICATED_MESSAGE_BYTES;
  }

  /** Counts the connection as open, until it is gone. */
  void opened() {
    context.metrics().opened();
  }

  private void closeSlowConsumer() {
    closing.closeNow(Close.SLOW_CONSUMER);
  }

  private void write(List<byte[]> messages, Runnable done) {
    context.metrics().sent(messages);
    transport.offer(
        messages,
        () -> {
          done.run();
          turns.eased();
        });
  }

  @Override
  public Object sender() {
    Object known = party;
    return known == null ? this : known;
  }

  @Override
  public void binary(byte[] message) {
    context.metrics().received(message.length);
    receive(() -> handle(message));
  }

  @Override
  public void text(String message) {
    receive(() -> closing.close(isAuthenticated() ? Close.TEXT_FRAME : Close.TEXT_AUTH_FRAME));
  }

  @Override
  public void refused(Close close) {
    receive(() -> closing.close(close));
  }

  @Override
  public void closing() {
    closing.closedByPeer();
  }

  @Override
  public void closed() {
    closing.gone();
  }

  /** Handles one thing that came in, unless the connection is on its way out. */
  private void receive(Runnable task) {
    if (!state.receive()) {
      return;
    }
    try {
      task.run();
    } finally {
      // A pong may have waited behind a long request; the peer was not silent then.
      lifetime.heard(context.nanoTime().getAsLong());
      handled();
    }
  }

  /** A request is answered, or something else that came in is done with. */
  void handled() {
    Close afterwards = state.release();
    if (afterwards != null) {
      closing.close(afterwards);
    }
  }

  private void handle(byte[] message) {
    try {
      if (!isAuthenticated()) {
        authenticate(message);
      } else {
        context.dispatcher().dispatch(this, message);
      }
    } catch (ProtocolViolation e) {
      closing.close(e.close());
    }
  }

  private void authenticate(byte[] message) throws ProtocolViolation {
    if (!state.beginAuthentication()) {
      return;
    }
    AccessToken token;
    try {
      token = context.authenticator().authenticate(message);
    } catch (RuntimeException e) {
      // The database did not answer. After 4000 the client would never come back.
      LOG.log(
          Level.WARNING,
          "authentication failed: {0} {1}",
          e.getClass().getSimpleName(),
          LogContext.of(this));
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
    context.waitingRoom().leave(this);
  }

  /**
   * A limit refused something on this connection.
   *
   * @param what a text of this program
   */
  void limitReached(String what) {
    Caller known = caller;
    String who = known == null ? "a client from " + address : known.in(context.security());
    context.security().limitReached(what, who);
  }

  /** Whether this is a connection of the mailbox now. */
  boolean isOfMailbox(String mailboxId) {
    return caller instanceof Caller.Member(AccessToken token)
        && token.mailboxId().filter(mailboxId::equals).isPresent();
  }

  private boolean isAuthenticated() {
    return caller != null;
  }

  @Override
  public void refresh(AccessToken token) {
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

  Replies replies() {
    return replies;
  }

  SendBudget sendBudget() {
    return sendBudget;
  }

  OutboundQueue outbound() {
    return outbound;
  }

  Streams streams() {
    return streams;
  }

  /** Whether nothing has come in yet. */
  boolean isWaitingForAuth() {
    return state.phase() == Phase.WAITING_FOR_AUTH;
  }

  /** Whether requests are still answered. */
  boolean isOpen() {
    return state.phase() == Phase.OPEN;
  }

  /** Whether the other end is this peer. */
  boolean isOf(Caller.Peer peer) {
    return peer.equals(caller);
  }

  /**
   * A method is called, which is noted for the operator.
   *
   * @param method a method that this server has
   */
  void called(String method) {
    lastCalled = new Called(method, context.nanoTime().getAsLong());
  }

  /** The summary of this connection for an operator. */
  ConnectionSummary summary() {
    Caller known = caller;
    String kind = known == null ? "unauthenticated" : kind(known);
    Called last = lastCalled;
    // Read after the call, which may have come meanwhile, so that the difference is not negative.
    long now = context.nanoTime().getAsLong();
    return new ConnectionSummary(
        id(),
        kind,
        lifetime.age(now),
        Optional.ofNullable(last)
            .map(call -> new LastCall(call.method(), Duration.ofNanos(now - call.nanoTime()))),
        transport.takenBytes(),
        transport.unsentBytes() + outbound.waitingBytes(),
        outbound.highWaterBytes());
  }

  private static String kind(Caller caller) {
    return switch (caller) {
      case Caller.Member member -> "client";
      case Caller.Peer peer -> "peer";
    };
  }

  /** Looks at the clocks; to be called about once a second. */
  void tick() {
    timeLimits.tick();
    turns.eased();
  }

  /** Closes once the request in hand is answered; the answer goes out first. */
  public void closeInOrder(Close close) {
    closing.closeInOrder(close);
  }
}
