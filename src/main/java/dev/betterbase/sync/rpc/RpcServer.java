package dev.betterbase.sync.rpc;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.method.RpcHandler;
import dev.betterbase.sync.rpc.outbound.SendBudget;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import dev.betterbase.sync.rpc.transport.upgrade.UpgradeTransport;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Limits;
import dev.betterbase.sync.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.Principal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** All connections of this node, from the first handshake to the orderly shutdown. */
@ApplicationScoped
public class RpcServer {

  /**
   * The most batches of streams that are made for one person at a time. Not one, also on few
   * processors: a short pull has to be answered in order while a batch of a long one is made
   * (protocol.md, After authentication).
   */
  private static final int STREAMS_OF_PERSON = 2;

  private static final Logger LOG = System.getLogger(RpcServer.class.getName());
  private static final FailureLog FAILURES = new FailureLog(RpcServer.class);
  private static final long TICK_MILLIS = 1_000;

  /** The time that a shutdown waits for the answers in hand and for the close frames to leave. */
  private static final long SHUTDOWN_MILLIS = 8_000;

  private static final long SHUTDOWN_POLL_MILLIS = 20;

  /** While connections are closed one after another, the longest pause between two of them. */
  private static final Duration DRAIN_PAUSE = Duration.ofMillis(10);

  @Inject private Settings settings;
  @Inject private MeterRegistry meters;
  @Inject private Authenticator authenticator;
  @Inject private SecurityLog security;
  @Inject private RecentFaults faults;
  @Inject private ConnectionsElsewhere elsewhere;
  @Inject private ConnectionThreads threads;
  @Inject @Any private Instance<RpcHandler<?>> handlers;

  @Resource private ManagedScheduledExecutorService scheduler;

  private final SendBudget sendBudget = SendBudget.ofHeap();
  private final Set<RpcConnection> connections = ConcurrentHashMap.newKeySet();
  private ConnectionContext context;
  private ConnectionContext peerContext;
  private @Nullable ScheduledFuture<?> ticker;
  private volatile boolean stopping;
  private volatile boolean draining;

  @PostConstruct
  void prepare() {
    RequestSpans spans = RequestSpans.open();
    context =
        context(RpcHandler.Callers.CLIENTS, Streams.Limits.CLIENT, fair(STREAMS_OF_PERSON), spans);
    // A peer stands for all of its members.
    peerContext =
        context(
            RpcHandler.Callers.PEERS, Streams.Limits.PEER, fair(ConnectionThreads.STREAMS), spans);
  }

  private ConnectionContext context(
      RpcHandler.Callers callers,
      Streams.Limits streamLimits,
      FairExecutor streams,
      RequestSpans spans) {
    Limits limits = settings.limits();
    var metrics = new RpcMetrics(meters, spans, faults, callers);
    return new ConnectionContext(
        limits,
        authenticator,
        new Dispatcher(handlers, callers, metrics),
        security,
        new ConnectionSlots(limits.maxConnectionsPerMailbox(), elsewhere),
        new FrameRates(limits.framesPerSecond(), System::nanoTime),
        new WaitingRoom(
            WaitingRoom.places(limits.maxUnauthenticated(), Runtime.getRuntime().maxMemory()),
            System::nanoTime),
        metrics,
        sendBudget,
        streamLimits,
        streams,
        InstantSource.system(),
        System::nanoTime,
        new Random(), // unlike those of java.util.random, it may be shared by threads
        connections::remove);
  }

  private FairExecutor fair(int share) {
    return new FairExecutor(
        threads.streams(), share, () -> sendBudget.allowanceOfParty(StreamTask.BATCH_BYTES));
  }

  /**
   * Starts to watch the clocks of the connections.
   *
   * @param transport the name of the transport, for the metrics
   */
  public void start(String transport) {
    context.metrics().showConnections(transport);
    context.metrics().showWaiting(context.waitingRoom());
    peerContext.metrics().showConnections(transport);
    RpcMetrics.show(meters, sendBudget);
    ticker =
        scheduler.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Admits a handshake and reserves a place for its connection.
   *
   * @return false if too many connections wait for their first frame, of which the address has its
   *     share, or if the server is stopping
   */
  public boolean admitsHandshake(ClientAddress address) {
    boolean admitted = !isStopping() && context.waitingRoom().reserve(address);
    if (!admitted) {
      context.metrics().handshakeRefused();
    }
    return admitted;
  }

  /**
   * Completes an admitted handshake.
   *
   * @param request with the {@link ClientPrincipal}
   * @param path the path of the request within the application
   * @return false if the WebSockets of the container have to complete it
   */
  public boolean completeHandshake(
      HttpServletRequest request, HttpServletResponse response, String path)
      throws IOException, ServletException {
    return UpgradeTransport.complete(request, response, path);
  }

  /** An admitted handshake brought no connection. */
  public void handshakeFailed(ClientAddress address) {
    context.waitingRoom().withdraw(address);
  }

  /**
   * Takes a connection of a client after its handshake.
   *
   * @param principal the {@link ClientPrincipal} of the handshake
   */
  public TransportListener accept(TransportConnection transport, @Nullable Principal principal) {
    if (!(principal instanceof ClientPrincipal(ClientAddress address))) {
      throw new IllegalStateException("the handshake was not admitted");
    }
    var connection = new RpcConnection(context, transport, address);
    context.waitingRoom().enter(connection, address);
    return begin(connection);
  }

  /** Takes a connection of a peer, which has authenticated itself in the handshake. */
  public RpcConnection accept(TransportConnection transport, Caller.Peer peer) {
    return begin(new RpcConnection(peerContext, transport, peer));
  }

  private RpcConnection begin(RpcConnection connection) {
    connections.add(connection);
    connection.opened();
    if (isStopping()) {
      connection.closeInOrder(Close.SHUTTING_DOWN);
    }
    return connection;
  }

  /** Sends a notification to the connections of a mailbox on this node. */
  public void sendToMailbox(String mailboxId, Notification notification) {
    for (RpcConnection connection : connections) {
      if (connection.isOfMailbox(mailboxId)) {
        connection.send(notification);
      }
    }
  }

  /** Ends the streams of this node whose capability is over. */
  public void endStreamsIf(Predicate<Capability> over) {
    connections.forEach(connection -> connection.endStreamsIf(over));
  }

  private void tick() {
    for (RpcConnection connection : connections) {
      tick(connection::tick);
    }
    tick(() -> elsewhere.tick(context.slots().taken()));
  }

  /** An error of one must not stop the clocks of the others. */
  private static void tick(Runnable one) {
    try {
      one.run();
    } catch (RuntimeException e) {
      FAILURES.failed("the tick of a connection", e, null);
    }
  }

  /** Whether the server takes no more connections, because it is being stopped or drained. */
  public boolean isStopping() {
    return stopping || draining;
  }

  /** The open connections, those with most bytes to be sent first. */
  public List<ConnectionSummary> connections(int atMost) {
    return connections.stream()
        .map(RpcConnection::summary)
        .sorted(Comparator.comparingLong(ConnectionSummary::waitingBytes).reversed())
        .limit(atMost)
        .toList();
  }

  /**
   * Ends a connection after the answer to the request in hand.
   *
   * @param id as {@link Connection#id} gives it
   * @return false if there is no such connection
   */
  public boolean end(String id) {
    Optional<RpcConnection> found =
        connections.stream().filter(connection -> connection.id().equals(id)).findAny();
    found.ifPresent(connection -> connection.closeInOrder(Close.BY_OPERATOR));
    return found.isPresent();
  }

  /** Ends the connections of a peer. */
  public void endThoseOf(Caller.Peer peer) {
    connections.stream()
        .filter(connection -> connection.isOf(peer))
        .forEach(connection -> connection.closeInOrder(Close.BY_OPERATOR));
  }

  /**
   * Takes no more connections, and closes those that are open as {@link #stop} does, in the
   * background. The server is not ready meanwhile, and stays so until {@link #undrain}.
   */
  public void drain() {
    draining = true;
    threads
        .requests()
        .execute(
            () -> {
              try {
                closeOneAfterAnother(List.copyOf(connections), () -> draining && !stopping);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Takes connections again, unless the server is being stopped. */
  public void undrain() {
    draining = false;
  }

  /**
   * Takes no more connections, and closes those that are open as {@link #stop} does. The server is
   * not ready until {@link #undrain}.
   */
  public void suspend() {
    draining = true;
    closeAll();
  }

  /**
   * Closes every connection with 1001 after the answer to the request in hand, many of them spread
   * over DRAIN_SECONDS, and waits with a bound until they are gone.
   */
  public void stop() {
    stopping = true;
    closeAll();
    if (ticker != null) {
      ticker.cancel(false);
    }
  }

  private void closeAll() {
    try {
      // One that begins meanwhile closes itself: see begin().
      closeOneAfterAnother(List.copyOf(connections), () -> true);
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SHUTDOWN_MILLIS);
      while (!connections.isEmpty() && System.nanoTime() < deadline) {
        Thread.sleep(SHUTDOWN_POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      connections.forEach(connection -> connection.closeInOrder(Close.SHUTTING_DOWN));
      Thread.currentThread().interrupt();
    }
    if (!connections.isEmpty()) {
      LOG.log(Level.WARNING, "{0} connections did not close in time", connections.size());
    }
  }

  /**
   * Clients that all come back in the same second would meet another server that is busy with it.
   */
  private void closeOneAfterAnother(List<RpcConnection> open, BooleanSupplier goesOn)
      throws InterruptedException {
    long begun = System.nanoTime();
    long pause =
        Math.min(DRAIN_PAUSE.toNanos(), settings.drain().toNanos() / Math.max(1, open.size()));
    for (int i = 0; i < open.size() && goesOn.getAsBoolean(); i++) {
      TimeUnit.NANOSECONDS.sleep(begun + i * pause - System.nanoTime());
      open.get(i).closeInOrder(Close.SHUTTING_DOWN);
    }
  }
}
