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
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.outbound.OutboundQueue;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client or a peer (protocol.md): the first frame, the requests one after
 * another, and the frames that are sent. {@link TimeLimits} watches its clocks, and {@link Closing}
 * ends it.
 */
public final class RpcConnection implements Connection, TransportListener {

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
  private final Authentication authentication;

  private volatile @Nullable Called lastCalled;

  private record Called(String method, long nanoTime) {}

  /**
   * A connection of a client, which has to authenticate first.
   *
   * @param address the address from which it comes
   */
  RpcConnection(ConnectionContext context, TransportConnection transport, ClientAddress address) {
    this(context, transport, address, Phase.WAITING_FOR_AUTH, null);
  }

  /** A connection of a peer, which has authenticated itself in the handshake. */
  RpcConnection(ConnectionContext context, TransportConnection transport, Caller.Peer peer) {
    this(context, transport, ClientAddress.UNKNOWN, Phase.OPEN, peer);
  }

  private RpcConnection(
      ConnectionContext context,
      TransportConnection transport,
      ClientAddress address,
      Phase first,
      Caller.@Nullable Peer peer) {
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
    this.authentication = new Authentication(this, context, state, closing, peer);
    this.frameRate = context.frameRates().ofConnection();
  }

  @Override
  public ClientAddress address() {
    return address;
  }

  @Override
  public Caller caller() {
    return authentication.caller();
  }

  @Override
  public AccessToken token() {
    return authentication.token();
  }

  @Override
  public void send(Notification notification) {
    put(notification);
    flush();
  }

  @Override
  public void put(Notification notification) {
    if (notification instanceof Notification.Ephemeral && authentication.isPeer()) {
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
    authentication.onRefresh(task);
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
    Object known = authentication.party();
    if (!frameRate.permits() || (known != null && !context.frameRates().permits(known))) {
      receive(() -> closing.close(Close.RATE_LIMITED));
    }
  }

  @Override
  public int messageLimit() {
    int limit = context.limits().maxFrameBytes();
    return authentication.isDone() ? limit : UNAUTHENTICATED_MESSAGE_BYTES;
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
    Object known = authentication.party();
    return known == null ? this : known;
  }

  @Override
  public void binary(byte[] message) {
    context.metrics().received(message.length);
    receive(() -> handle(message));
  }

  @Override
  public void text(String message) {
    receive(
        () -> closing.close(authentication.isDone() ? Close.TEXT_FRAME : Close.TEXT_AUTH_FRAME));
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
      if (authentication.isDone()) {
        context.dispatcher().dispatch(this, message);
      } else {
        authentication.authenticate(message);
      }
    } catch (ProtocolViolation e) {
      closing.close(e.close());
    }
  }

  /**
   * A limit refused something on this connection.
   *
   * @param what a text of this program
   */
  void limitReached(String what) {
    context.security().limitReached(what, authentication.pseudonym());
  }

  /** Whether this is a connection of the mailbox now. */
  boolean isOfMailbox(String mailboxId) {
    return authentication.isOfMailbox(mailboxId);
  }

  @Override
  public void refresh(AccessToken token) {
    authentication.refresh(token);
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
    return authentication.isOf(peer);
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
    Called last = lastCalled;
    // Read after the call, which may have come meanwhile, so that the difference is not negative.
    long now = context.nanoTime().getAsLong();
    return new ConnectionSummary(
        id(),
        authentication.kind(),
        lifetime.age(now),
        Optional.ofNullable(last)
            .map(call -> new LastCall(call.method(), Duration.ofNanos(now - call.nanoTime()))),
        transport.takenBytes(),
        transport.unsentBytes() + outbound.waitingBytes(),
        outbound.highWaterBytes());
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
