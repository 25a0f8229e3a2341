package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.ProtocolViolation;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rate.TokenBucket;
import dev.betterbase.sync.rpc.ConnectionState.Phase;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.outbound.InOrderReplies;
import dev.betterbase.sync.rpc.outbound.OutboundQueue;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client or a peer from its handshake to its end: the first frame, the requests
 * one after another, the time limits, and an ending that gives everything back exactly once
 * (protocol.md).
 */
public final class RpcConnection implements Connection, TransportListener {

  private static final Logger LOG = System.getLogger(RpcConnection.class.getName());

  /** Messages before authentication, in bytes. */
  static final int UNAUTHENTICATED_MESSAGE_BYTES = 64 * 1024;

  /** Seconds of the permitted frame rate that may come at once (protocol.md, 4007). */
  private static final int FRAME_BURST_SECONDS = 4;

  /** The longest that a reply may depend on another server. */
  private static final Duration REPLY_AT_MOST = Duration.ofSeconds(20);

  private final ConnectionContext context;
  private final TransportConnection transport;
  private final OutboundQueue outbound;
  private final InOrderReplies replies;
  private final Streams streams;
  private final Lifetime lifetime;
  private final TokenBucket frameRate;
  private final UUID id = UUID.randomUUID();
  private final ConnectionState state;
  private final List<Runnable> refreshings = new CopyOnWriteArrayList<>();

  private volatile @Nullable Caller caller;

  /** A connection of a client, which has to authenticate. */
  RpcConnection(ConnectionContext context, TransportConnection transport) {
    this(context, transport, Phase.WAITING_FOR_AUTH);
  }

  /** A connection of a peer, whom its handshake has authenticated. */
  RpcConnection(ConnectionContext context, TransportConnection transport, Caller.Peer peer) {
    this(context, transport, Phase.OPEN);
    caller = peer;
  }

  private RpcConnection(ConnectionContext context, TransportConnection transport, Phase first) {
    this.context = context;
    this.transport = transport;
    long now = context.nanoTime().getAsLong();
    this.lifetime = new Lifetime(now, context.random());
    this.state = new ConnectionState(first, lifetime);
    this.outbound =
        new OutboundQueue(
            transport::offer, context.sendBudget(), () -> closeNow(Close.SLOW_CONSUMER));
    this.replies = new InOrderReplies(outbound, transport, state::hold, this::answered);
    this.streams = new Streams(context.streamExecutor(), context.streamLimits());
    int framesPerSecond = context.limits().framesPerSecond();
    this.frameRate =
        new TokenBucket(framesPerSecond, FRAME_BURST_SECONDS * framesPerSecond, context.nanoTime());
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
      // Who is present where is for members of this server alone.
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
    if (!frameRate.permits()) {
      receive(() -> close(Close.RATE_LIMITED));
    }
  }

  @Override
  public int messageLimit() {
    int limit = context.limits().maxFrameBytes();
    return isAuthenticated() ? limit : UNAUTHENTICATED_MESSAGE_BYTES;
  }

  @Override
  public void binary(byte[] message) {
    receive(() -> handle(message));
  }

  @Override
  public void text(String message) {
    receive(() -> close(isAuthenticated() ? Close.TEXT_FRAME : Close.TEXT_AUTH_FRAME));
  }

  @Override
  public void refused(Close close) {
    receive(() -> close(close));
  }

  @Override
  public void closing() {
    if (beginClosing(null)) {
      outbound.discard();
    }
  }

  @Override
  public void closed() {
    if (!state.end()) {
      return;
    }
    giveUp();
    outbound.discard();
    context.gone().accept(this);
  }

  /** Handles one thing that came in, unless the connection is on its way out. */
  private void receive(Runnable task) {
    if (!state.receive()) {
      return;
    }
    try {
      task.run();
    } finally {
      // A pong may have waited behind a long request: the peer is not silent for that.
      lifetime.heard(context.nanoTime().getAsLong());
      handled();
    }
  }

  private void answered() {
    handled();
    transport.resume();
  }

  private void handled() {
    Close afterwards = state.release();
    if (afterwards != null) {
      close(afterwards);
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
      close(e.close());
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
      // The database could not say whose mailbox it is. 4000 would keep the client away for good.
      LOG.log(Level.WARNING, "authentication failed: {0}", e.getClass().getSimpleName());
      close(Close.INTERNAL);
      return;
    }
    open(token);
  }

  private void open(AccessToken token) {
    var owner = ConnectionSlots.Owner.of(token);
    if (!context.slots().take(owner)) {
      close(Close.TOO_MANY_CONNECTIONS);
      return;
    }
    caller = new Caller.Member(token);
    if (!state.open(owner)) {
      // It ended while its token was looked at: nobody else would give the slot back.
      context.slots().giveBack(owner);
      return;
    }
    context.waitingRoom().leave(this);
  }

  /** Whether it counts for that mailbox now. */
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
      closeInOrder(Close.TOO_MANY_CONNECTIONS);
      return;
    }
    context.slots().giveBack(state.move(owner));
  }

  /** Sends a reply; waits for room where there is none, since its requests come in order. */
  void reply(byte[] frame) {
    replyInOrder(List.of(frame));
  }

  /**
   * Reads no further request until a reply is there and was sent. On a transport that cannot
   * suspend its reading, the calling thread waits instead.
   *
   * @param sending sends the reply once it is there
   */
  void replyLater(CompletionStage<Supplier<InOrderReplies.Outcome>> sending) {
    boolean suspended = transport.suspend();
    if (!suspended) {
      awaitReply(sending);
      return;
    }
    state.hold();
    CompletionStage<Void> unused =
        sending.thenAccept(
            send -> {
              InOrderReplies.Outcome outcome = send.get();
              if (outcome == InOrderReplies.Outcome.PARKED) {
                // Reading goes on when the reply has found room.
                handled();
              } else {
                judge(outcome);
                answered();
              }
            });
  }

  private void awaitReply(CompletionStage<Supplier<InOrderReplies.Outcome>> sending) {
    try {
      judge(
          sending.toCompletableFuture().get(REPLY_AT_MOST.toMillis(), TimeUnit.MILLISECONDS).get());
    } catch (ExecutionException | TimeoutException e) {
      // Its own time-outs are shorter: a fault of ours.
      LOG.log(Level.ERROR, "a reply did not come", e);
      closeNow(Close.INTERNAL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closeNow(Close.SHUTTING_DOWN);
    }
  }

  InOrderReplies.Outcome sendReply(byte[] frame) {
    return replies.send(List.of(frame));
  }

  /** Sends replies on the connection's own thread, in order. */
  void replyInOrder(List<byte[]> frames) {
    judge(replies.send(frames));
  }

  private void judge(InOrderReplies.Outcome outcome) {
    switch (outcome) {
      case SENT, PARKED -> {}
      case NO_ROOM -> closeNow(Close.SLOW_CONSUMER);
      case INTERRUPTED -> closeNow(Close.SHUTTING_DOWN);
    }
  }

  SendBudget sendBudget() {
    return context.sendBudget();
  }

  OutboundQueue outbound() {
    return outbound;
  }

  Streams streams() {
    return streams;
  }

  /** Whether requests are still answered. */
  boolean isOpen() {
    return state.phase() == Phase.OPEN;
  }

  /** Looks at the clocks; called about once a second. */
  void tick() {
    long now = context.nanoTime().getAsLong();
    if (state.isBusy()) {
      lifetime.heard(now);
    }
    switch (state.phase()) {
      case WAITING_FOR_AUTH -> {
        if (lifetime.authIsLate(now)) {
          close(Close.AUTH_TIMEOUT);
        }
      }
      case AUTHENTICATING -> {}
      case OPEN -> tickOpen(now);
      case CLOSING -> tickClosing(now);
      case CLOSED -> context.gone().accept(this);
    }
  }

  private void tickOpen(long now) {
    if (lifetime.isStuck(now, transport.unsentBytes(), transport.takenBytes())) {
      closeNow(Close.SLOW_CONSUMER);
      return;
    }
    if (transport.receivesTooSlowly(now)) {
      closeNow(Close.MESSAGE_TOO_SLOW);
      return;
    }
    if (lifetime.isSilent(now)) {
      closeNow(Close.NO_SIGN_OF_LIFE);
      return;
    }
    Close over =
        switch (caller()) {
          case Caller.Member(AccessToken token) -> over(token, now);
          case Caller.Peer unused -> null;
        };
    if (over != null) {
      closeInOrder(over);
      return;
    }
    if (lifetime.keepaliveIsDue(now)) {
      outbound.offer(new Notification.Ephemeral(null, FrameWriter.keepalive()));
      transport.ping();
    }
  }

  /** Why a client's time is over, if it is. */
  private @Nullable Close over(AccessToken token, long now) {
    if (token.expiresAt().getEpochSecond() < context.time().instant().getEpochSecond()) {
      return Close.TOKEN_EXPIRED;
    }
    return lifetime.isOver(now, streams.isIdle()) ? Close.CONNECTION_TIMEOUT : null;
  }

  private void tickClosing(long now) {
    Close late = state.closing();
    if (late != null && lifetime.closeIsLate(now)) {
      transport.close(late, this::closeIsOut);
    }
    if (lifetime.isAbandoned(now)) {
      LOG.log(Level.DEBUG, "a peer did not close");
      transport.cut();
      closed();
    }
  }

  /** Closes once the request in hand is answered; the answer goes out first. */
  public void closeInOrder(Close close) {
    if (!state.closeAfterwards(close)) {
      close(close);
    }
  }

  /** Closes behind what waits to be sent. */
  private void close(Close close) {
    if (beginClosing(close)) {
      outbound.finish(() -> transport.close(close, this::closeIsOut));
    }
  }

  /** Closes ahead of what waits to be sent. */
  private void closeNow(Close close) {
    if (beginClosing(close)) {
      outbound.discard();
      transport.close(close, this::closeIsOut);
    }
  }

  private void closeIsOut() {
    lifetime.closeIsOut(context.nanoTime().getAsLong());
  }

  private boolean beginClosing(@Nullable Close close) {
    if (!state.beginClosing(close, context.nanoTime().getAsLong())) {
      return false;
    }
    giveUp();
    return true;
  }

  /** Gives back what others could use: the slot, the subscriptions, the streams that wait. */
  private void giveUp() {
    ConnectionState.Holdings holdings = state.giveUp();
    context.waitingRoom().leave(this);
    ConnectionSlots.Owner slot = holdings.slot();
    if (slot != null) {
      context.slots().giveBack(slot);
    }
    streams.abandon();
    holdings.endings().forEach(Runnable::run);
  }
}
