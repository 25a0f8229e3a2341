package dev.betterbase.sync.listener;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.rate.Occasions;
import dev.betterbase.sync.settings.Settings;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Holds the connections to listeners to the bounds of a {@link ConnectionTable}, which hold before
 * the application knows of a request. Without a bound the process could run out of files, and then
 * cannot even load its own classes, or out of memory for the headers of requests that never end.
 */
final class ConnectionLimits implements ConnectionTable.Server<Object>, AutoCloseable {
  private static final Logger LOG = System.getLogger(ConnectionLimits.class.getName());
  private static final FailureLog FAILURES = new FailureLog(ConnectionLimits.class);

  /**
   * For classes that are not loaded yet, key sets, other servers, and programs that are started.
   */
  private static final int SPARE_FILES = 100;

  /** Half of the heap is for connections, and an idle one takes 16 KiB. */
  private static final long HEAP_BYTES_PER_CONNECTION = 32 * 1024;

  /**
   * The share of the heap for headers that are not complete. Grizzly takes twice their bytes for
   * them. They live long enough to be moved to the old generation of a heap, where much of them
   * means full collections.
   */
  private static final int HEADER_SHARE_OF_HEAP = 64;

  private static final Duration HEADER_TIME = Duration.ofSeconds(30);
  private static final int TICK_SECONDS = 1;

  private final List<Listener> listeners;
  private final ConnectionTable<Object> table;
  private final EndedConnections ended;
  private final Map<ConnectionTable.Refusal, String> meanings;
  private final Map<ConnectionTable.Refusal, Occasions> occasions =
      new EnumMap<>(ConnectionTable.Refusal.class);
  private final RefusedConnections refused = new RefusedConnections();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("connection-clock").daemon().factory());
  private final Method terminate;
  private final Method peer;
  private final Method channel;

  private ConnectionLimits(
      List<Listener> listeners,
      ConnectionTable.Bounds bounds,
      Map<ConnectionTable.Refusal, String> meanings)
      throws ReflectiveOperationException {
    this.listeners = listeners;
    this.table = new ConnectionTable<>(bounds, System::nanoTime, this);
    this.ended = new EndedConnections(listeners);
    this.meanings = meanings;
    for (ConnectionTable.Refusal kind : ConnectionTable.Refusal.values()) {
      occasions.put(kind, Occasions.eachMinute());
    }
    Listener any = listeners.getFirst();
    Class<?> type = any.type("org.glassfish.grizzly.Connection");
    this.terminate = type.getMethod("terminateSilently");
    this.peer = type.getMethod("getPeerAddress");
    this.channel = any.type("org.glassfish.grizzly.nio.NIOConnection").getMethod("getChannel");
  }

  /**
   * Limits the connections to all of the listeners together until it is closed.
   *
   * @param listeners one or more
   */
  static ConnectionLimits apply(List<Listener> listeners, Settings settings, FileRoom files)
      throws ReflectiveOperationException {
    long heap = Runtime.getRuntime().maxMemory();
    long byHeap = Math.max(1, heap / HEAP_BYTES_PER_CONNECTION);
    // A thread may have a file open and a connection to a file storage.
    long byFiles =
        files.leaving((long) settings.httpThreads() + settings.database().poolSize() + SPARE_FILES);
    long most = settings.connections().most().orElse((int) Math.min(byHeap, Integer.MAX_VALUE));
    long perAddress = settings.connections().perAddress().orElse(Integer.MAX_VALUE);
    long headerBytes = heap / HEADER_SHARE_OF_HEAP;
    var bounds =
        new ConnectionTable.Bounds(Math.min(most, byFiles), perAddress, headerBytes, HEADER_TIME);
    String tooMany =
        byFiles < most
            ? "this process may open only %,d files, enough for %,d connections: %s"
                .formatted(files.limit(), byFiles, files.advice())
            : settings.connections().most().isPresent()
                ? "MAX_CONNECTIONS is %,d".formatted(most)
                : "the heap is enough for %,d: give it more with -Xmx".formatted(most);
    var limits =
        new ConnectionLimits(
            listeners,
            bounds,
            Map.of(
                ConnectionTable.Refusal.TOO_MANY,
                tooMany,
                ConnectionTable.Refusal.TOO_MANY_OF_ADDRESS,
                "MAX_CONNECTIONS_PER_ADDRESS is %,d".formatted(perAddress),
                ConnectionTable.Refusal.HEADER_MEMORY,
                "the headers of unfinished requests take %,d bytes".formatted(headerBytes),
                ConnectionTable.Refusal.HEADER_TOO_SLOW,
                "no whole header came within %d s".formatted(HEADER_TIME.toSeconds())));
    limits.watch();
    return limits;
  }

  private void watch() throws ReflectiveOperationException {
    for (Listener listener : listeners) {
      watch(listener);
    }
    refused.show();
    ScheduledFuture<?> unused =
        clock.scheduleAtFixedRate(this::tick, TICK_SECONDS, TICK_SECONDS, TimeUnit.SECONDS);
  }

  private void watch(Listener listener) throws ReflectiveOperationException {
    Method remaining = listener.type("org.glassfish.grizzly.Buffer").getMethod("remaining");
    listener.addConnectionProbe(
        (event, arguments) -> {
          switch (event) {
            case "onAcceptEvent" -> table.accepted(arguments[1], address(arguments[1]));
            case "onCloseEvent" -> {
              table.closed(arguments[0]);
              // The server keeps the last connection of each of its selectors, also a closed one.
              listener.removeProbes(arguments[0]);
            }
            default -> {}
          }
        });
    listener.addCodecProbe(
        (event, arguments) -> {
          switch (event) {
            case "onDataReceivedEvent" -> {
              if (table.isInHeader(arguments[0])) {
                table.received(arguments[0], (Integer) remaining.invoke(arguments[1]));
              }
            }
            case "onHeaderParseEvent" -> table.headerParsed(arguments[0]);
            default -> {}
          }
        });
    listener.addRequestProbe(
        (event, arguments) -> {
          if (event.equals("onRequestCompleteEvent")) {
            table.answered(arguments[1]);
          }
        });
  }

  private void tick() {
    try {
      table.closeSlow();
      ended.letGo();
    } catch (RuntimeException | ReflectiveOperationException e) {
      // An error must not stop the clock.
      FAILURES.failed("checking connections", e, null);
    }
  }

  /** A client that has already gone has no address. */
  private ClientAddress address(Object connection) throws ReflectiveOperationException {
    return peer.invoke(connection) instanceof InetSocketAddress from && !from.isUnresolved()
        ? new ClientAddress(from.getAddress())
        : ClientAddress.UNKNOWN;
  }

  @Override
  public void close(Object connection, ConnectionTable.Refusal reason) {
    refused.count(reason);
    Occasions kind = occasions.get(reason);
    OptionalLong others = kind == null ? OptionalLong.empty() : kind.report();
    if (others.isPresent()) {
      // A browser opens connections ahead, on which nothing may ever come.
      LOG.log(
          reason == ConnectionTable.Refusal.HEADER_TOO_SLOW ? Level.INFO : Level.WARNING,
          "Refused a connection, and {0} before it since the last such line: {1}",
          others.getAsLong(),
          meanings.get(reason));
    }
    try {
      Object unused = terminate.invoke(connection);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a connection cannot be closed", e);
    }
  }

  @Override
  public boolean hasUnread(Object connection) {
    try {
      return channel.invoke(connection) instanceof SocketChannel socket
          && socket.isOpen()
          && socket.socket().getInputStream().available() > 0;
    } catch (IOException gone) {
      return false;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a connection cannot be examined", e);
    }
  }

  /**
   * Stops the limits. The listeners have no probes any more, and their connections, which stay
   * open, have no reference to this program.
   */
  @Override
  public void close() throws ReflectiveOperationException {
    clock.shutdownNow();
    refused.close();
    for (Object connection : table.connections()) {
      for (Listener listener : listeners) {
        listener.removeProbes(connection);
      }
    }
  }
}
