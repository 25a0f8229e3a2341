package dev.betterbase.sync.cluster;

import dev.betterbase.sync.cluster.BusMetrics.Loss;
import dev.betterbase.sync.cluster.grid.Grid;
import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.settings.Secret;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The bus over a {@link Grid}. One thread sends and one reads, each behind a bounded queue, so that
 * neither a caller nor the grid ever waits.
 *
 * <p>All waiting messages go into one packet, which is sealed once for all nodes. At least once a
 * second a packet also says which packets this node has heard. So each node knows how much is on
 * its way to the others, skips a node that falls behind, and notices within a second that it has
 * missed something.
 */
final class ClusterBus implements Bus, Grid.Listener {
  private static final Logger LOG = System.getLogger(ClusterBus.class.getName());
  private static final FailureLog FAILURES = new FailureLog(ClusterBus.class);

  private static final long QUEUE_BYTES = 8L * 1024 * 1024;
  private static final long INBOX_BYTES = 16L * 1024 * 1024;

  /** A packet gets no more messages beyond this. */
  private static final int PACKET_BYTES = 64 * 1024;

  /** The bytes that a node reads before it confirms them, if that takes less than a second. */
  private static final long CONFIRMED_BYTES = 1024 * 1024;

  private static final long BEAT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long SILENCE_NANOS = Duration.ofSeconds(3).toNanos();
  private static final long STALE_MILLIS = Duration.ofMinutes(5).toMillis();
  private static final Duration LAST_PACKETS = Duration.ofSeconds(2);

  /** Wakes the thread that sends. */
  private static final byte[] WAKE = new byte[0];

  private final UUID self = UUID.randomUUID();
  private final Secret secret;
  private final BusSeal seal;
  private final Grid.Factory grids;
  private final ThreadFactory threads;
  private final Consumer<Object> events;
  private final BusMetrics metrics;

  private final Map<UUID, RemoteNode> others = new ConcurrentHashMap<>();

  /** The events of other nodes that were not fired yet. */
  private final Queue<NodeEvent> changes = new ConcurrentLinkedQueue<>();

  private final PacketQueue outgoing = new PacketQueue(QUEUE_BYTES);
  private final PacketQueue incoming = new PacketQueue(INBOX_BYTES);

  private @Nullable Grid grid;
  private final List<Thread> running = new ArrayList<>();
  private volatile boolean stopped;

  /** Whether a message was lost before it got into a packet, which the others are to notice. */
  private volatile boolean lostHere;

  /** Whether the next packet has to confirm the packets that were heard. */
  private volatile boolean confirmationDue;

  private long packets;
  private long unconfirmedBytes;

  /**
   * @param threads makes threads that may work for the application
   * @param events gets the {@link BusMessage}s and {@link NodeEvent}s
   */
  ClusterBus(
      Secret secret,
      Grid.Factory grids,
      ThreadFactory threads,
      Consumer<Object> events,
      BusMetrics metrics) {
    this.secret = secret;
    this.seal = BusSeal.of(secret, self);
    this.grids = grids;
    this.threads = threads;
    this.events = events;
    this.metrics = metrics;
  }

  @Override
  public UUID self() {
    return self;
  }

  @Override
  public boolean hasOthers() {
    return !others.isEmpty();
  }

  @Override
  public List<NodeSummary> others() {
    long now = System.nanoTime();
    return others.values().stream().map(other -> other.summary(now)).toList();
  }

  @Override
  public void publish(BusMessage message) {
    if (others.isEmpty()) {
      return;
    }
    if (outgoing.offer(BusFormat.encode(message))) {
      metrics.sent(message.kind());
    } else {
      lostHere = true;
      metrics.lost(Loss.QUEUE_FULL);
    }
  }

  @Override
  public void start() {
    Grid joined = grids.open(self, this);
    grid = joined;
    run(() -> send(joined));
    run(this::read);
    LOG.log(Level.INFO, "This node has joined {0} others", others.size());
  }

  private void run(Loop loop) {
    Thread thread =
        threads.newThread(
            () -> {
              try {
                loop.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    running.add(thread);
    thread.start();
  }

  private interface Loop {
    void run() throws InterruptedException;
  }

  @Override
  public void stop() {
    stopped = true;
    wake(outgoing);
    wake(incoming);
    try {
      for (Thread thread : running) {
        if (!thread.join(LAST_PACKETS)) {
          thread.interrupt();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Grid joined = grid;
    if (joined != null) {
      joined.close();
    }
    others.clear();
  }

  /** If a queue has no room, its thread is awake. */
  private static void wake(PacketQueue queue) {
    boolean unused = queue.offer(WAKE);
  }

  // Calls of the grid.

  @Override
  public void received(byte[] packet) {
    if (!incoming.offer(packet)) {
      metrics.lost(Loss.INBOX_FULL);
    }
  }

  @Override
  public void joined(UUID node) {
    if (!node.equals(self)
        && others.putIfAbsent(
                node, new RemoteNode(node, BusSeal.of(secret, node), System.nanoTime()))
            == null) {
      LOG.log(Level.INFO, "Another node has joined: {0} in all", others.size() + 1);
      changed(new NodeEvent.Joined(node));
    }
  }

  @Override
  public void left(UUID node) {
    if (others.remove(node) != null) {
      LOG.log(Level.INFO, "Another node has left: {0} in all", others.size() + 1);
      changed(new NodeEvent.Left(node));
    }
  }

  /** Threads of the grid do not belong to the application, so they fire nothing. */
  private void changed(NodeEvent event) {
    changes.add(event);
    wake(incoming);
  }

  private void fire(Object event) {
    try {
      events.accept(event);
    } catch (RuntimeException e) {
      // The messages that follow must be handled all the same.
      if (stopped) {
        LOG.log(Level.DEBUG, "a message of another node came while this one stopped", e);
      } else {
        FAILURES.failed("handling a message of another node", e, null);
      }
    }
  }

  // Sending.

  private void send(Grid joined) throws InterruptedException {
    long beat = System.nanoTime() + BEAT_NANOS;
    while (!stopped) {
      byte[] first = outgoing.poll(beat - System.nanoTime());
      long now = System.nanoTime();
      boolean beats = now - beat >= 0;
      if (beats) {
        beat = now + BEAT_NANOS;
        findSilent(now);
      }
      if (beats || confirmationDue) {
        confirmationDue = false;
        sendPacket(joined, List.of(BusFormat.heard(heard())), true);
      }
      sendPacket(joined, gather(first), false);
    }
    // Messages from before the stop, such as the end of the presences of this node.
    for (byte[] first; (first = outgoing.poll()) != null; ) {
      sendPacket(joined, gather(first), false);
    }
  }

  /**
   * Sends messages in one packet.
   *
   * @param always whether to send it to a node that is behind, too, so that it learns that it is
   */
  private void sendPacket(Grid joined, List<byte[]> messages, boolean always) {
    if (lostHere) {
      lostHere = false;
      packets++;
    }
    if (messages.isEmpty() || others.isEmpty()) {
      return;
    }
    packets++;
    var header = new BusSeal.Header(self, packets, System.currentTimeMillis());
    byte[] packet = seal.seal(header, BusFormat.batch(messages));
    for (RemoteNode other : others.values()) {
      if (always || other.hasRoom()) {
        send(joined, other, packet);
      } else {
        other.skipped(messages.size());
        metrics.lost(Loss.NODE_BEHIND, messages.size());
      }
    }
  }

  private List<byte[]> gather(byte @Nullable [] first) {
    var messages = new ArrayList<byte[]>();
    int bytes = 0;
    for (byte[] next = first; next != null; ) {
      if (next.length > 0) {
        messages.add(next);
        bytes += next.length;
      }
      next = bytes < PACKET_BYTES ? outgoing.poll() : null;
    }
    return messages;
  }

  private void send(Grid joined, RemoteNode other, byte[] packet) {
    try {
      joined.send(other.node(), packet);
      other.sent(packets, packet.length);
    } catch (RuntimeException e) {
      LOG.log(Level.DEBUG, "sending to another node", e);
      metrics.lost(Loss.NOT_SENT);
    }
  }

  private Map<UUID, Long> heard() {
    var heard = new HashMap<UUID, Long>();
    for (RemoteNode other : others.values()) {
      long number = other.lastNumber();
      if (number >= 0) {
        heard.put(other.node(), number);
      }
    }
    return heard;
  }

  private void findSilent(long now) {
    for (RemoteNode other : others.values()) {
      if (other.isSilent(SILENCE_NANOS, now)) {
        fire(new NodeEvent.Missed(other.node()));
      }
    }
  }

  // Reading.

  private void read() throws InterruptedException {
    while (!stopped) {
      byte[] packet = incoming.poll(BEAT_NANOS);
      for (NodeEvent change; (change = changes.poll()) != null; ) {
        fire(change);
      }
      if (packet != null && packet.length > 0) {
        try {
          read(packet);
        } catch (BusSeal.Refused e) {
          metrics.lost(e.why());
        } catch (BusFormat.Malformed e) {
          LOG.log(Level.DEBUG, "a packet of another node", e);
          metrics.lost(Loss.MALFORMED);
        }
      }
    }
  }

  private void read(byte[] packet) throws BusSeal.Refused, BusFormat.Malformed {
    BusSeal.Header header = BusSeal.header(packet);
    RemoteNode sender = others.get(header.sender());
    if (sender == null) {
      throw new BusSeal.Refused(Loss.STRANGER);
    }
    byte[] batch = sender.seal().open(header, packet);
    if (Math.abs(System.currentTimeMillis() - header.sentAt()) > STALE_MILLIS) {
      throw new BusSeal.Refused(Loss.STALE);
    }
    long missed = sender.received(header.number(), System.nanoTime());
    if (missed < 0) {
      throw new BusSeal.Refused(Loss.REPLAYED);
    }
    confirm(packet.length);
    for (byte[] message : BusFormat.messages(batch)) {
      handle(sender, message);
    }
    if (missed > 0) {
      metrics.lost(Loss.MISSED, missed);
      fire(new NodeEvent.Missed(sender.node()));
    }
  }

  private void confirm(int bytes) {
    unconfirmedBytes += bytes;
    if (unconfirmedBytes >= CONFIRMED_BYTES) {
      unconfirmedBytes = 0;
      confirmationDue = true;
      wake(outgoing);
    }
  }

  private void handle(RemoteNode sender, byte[] message) throws BusFormat.Malformed {
    Optional<BusFormat.Content> content = BusFormat.decode(sender.node(), message);
    if (content.isEmpty()) {
      metrics.lost(Loss.UNKNOWN_KIND);
      return;
    }
    switch (content.get()) {
      case BusFormat.Content.Heard(Map<UUID, Long> heard) -> {
        Long number = heard.get(self);
        if (number != null) {
          sender.confirmed(number);
        }
      }
      case BusFormat.Content.Told(BusMessage told) -> {
        metrics.received(told.kind());
        fire(told);
      }
    }
  }
}
