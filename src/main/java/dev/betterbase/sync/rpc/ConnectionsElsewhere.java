package dev.betterbase.sync.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.cluster.NodeEvent;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.rpc.ConnectionSlots.Owner;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Tells the other nodes the number of connections that each owner has here, and keeps their
 * numbers. A node tells each change, and everything once a minute. Numbers that may be wrong are
 * forgotten, because nobody must be refused for them: the counts of a node of which messages were
 * lost, or that has not repeated them.
 */
@ApplicationScoped
public class ConnectionsElsewhere implements ConnectionSlots.OtherNodes {
  private static final Duration REPEATED = Duration.ofSeconds(60);
  private static final Duration FORGOTTEN = Duration.ofSeconds(150);

  /** The memory of one count, in bytes. */
  private static final int SIZE = 128;

  /** The most owners that are counted of one node: they take a thirty-second of the heap. */
  private static final long AT_MOST = Runtime.getRuntime().maxMemory() / 32 / SIZE;

  private record Count(int connections, long toldAt) {}

  private final Map<UUID, Map<Long, Count>> nodes = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  @Inject private Bus bus;

  private volatile boolean repeatNow;
  private long repeatedAt;

  /** For the container. */
  public ConnectionsElsewhere() {
    this.nanoTime = System::nanoTime;
    this.repeatedAt = nanoTime.getAsLong();
  }

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  ConnectionsElsewhere(Bus bus, LongSupplier nanoTime) {
    this.bus = bus;
    this.nanoTime = nanoTime;
    this.repeatedAt = nanoTime.getAsLong();
  }

  @Override
  public int count(Owner owner) {
    if (nodes.isEmpty()) {
      return 0;
    }
    long hash = hash(owner);
    int sum = 0;
    for (Map<Long, Count> owners : nodes.values()) {
      Count count = owners.get(hash);
      sum += count == null ? 0 : count.connections();
    }
    return sum;
  }

  @Override
  public void tell(Owner owner, int count) {
    if (bus.hasOthers()) {
      bus.publish(new BusMessage.Connections(bus.self(), Map.of(hash(owner), count)));
    }
  }

  /**
   * Repeats everything if it is time to, and forgets what others have not repeated. Called once a
   * second by one thread.
   *
   * @param here the number of connections that each owner has here
   */
  void tick(Map<Owner, Integer> here) {
    long now = nanoTime.getAsLong();
    if (!repeatNow && now - repeatedAt < REPEATED.toNanos()) {
      return;
    }
    repeatNow = false;
    repeatedAt = now;
    nodes
        .values()
        .forEach(
            owners -> owners.values().removeIf(each -> now - each.toldAt() > FORGOTTEN.toNanos()));
    if (bus.hasOthers()) {
      repeat(here);
    }
  }

  private void repeat(Map<Owner, Integer> here) {
    var some = new HashMap<Long, Integer>();
    here.forEach(
        (owner, count) -> {
          some.put(hash(owner), count);
          if (some.size() == BusMessage.MOST_OWNERS) {
            bus.publish(new BusMessage.Connections(bus.self(), some));
            some.clear();
          }
        });
    if (!some.isEmpty()) {
      bus.publish(new BusMessage.Connections(bus.self(), some));
    }
  }

  void told(@Observes BusMessage.Connections told) {
    long now = nanoTime.getAsLong();
    Map<Long, Count> owners =
        nodes.computeIfAbsent(told.node(), first -> new ConcurrentHashMap<>());
    told.counts()
        .forEach(
            (owner, connections) -> {
              if (connections == 0) {
                owners.remove(owner);
              } else if (owners.size() < AT_MOST || owners.containsKey(owner)) {
                owners.put(owner, new Count(connections, now));
              }
            });
  }

  void changed(@Observes NodeEvent event) {
    switch (event) {
      case NodeEvent.Joined unused -> repeatNow = true;
      case NodeEvent.Left(UUID node) -> nodes.remove(node);
      case NodeEvent.Missed(UUID node) -> nodes.remove(node);
    }
  }

  /** The same on all nodes. */
  private static long hash(Owner owner) {
    MessageDigest digest = Sha256.digest();
    switch (owner) {
      case Owner.Mailbox(String issuer, String mailboxId) -> add(digest, issuer, mailboxId);
      case Owner.Person(String issuer, String subject, String clientId) ->
          add(digest, issuer, subject, clientId);
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  private static void add(MessageDigest digest, String... parts) {
    for (String part : parts) {
      byte[] bytes = part.getBytes(UTF_8);
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      digest.update(bytes);
    }
  }
}
