package dev.betterbase.sync.realtime;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.cluster.LocalBus;
import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.SpaceMessages.Reason;
import dev.betterbase.sync.rpc.ConnectionThreads;
import dev.betterbase.sync.rpc.method.Connection;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** All subscriptions of this node, and the way to notify them. */
@ApplicationScoped
public class Subscriptions {

  private static final FailureLog FAILURES = new FailureLog(Subscriptions.class);

  /** The number of spaces that one connection may be subscribed to (methods.md, subscribe). */
  private static final int PER_CONNECTION = 10_000;

  /** The time that an announcement waits for its predecessor (protocol.md, Order). */
  private static final long PATIENCE_MILLIS = 100;

  private final ConcurrentHashMap<SpaceId, SpaceChannel> channels = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Connection, Set<SpaceId>> spaces = new ConcurrentHashMap<>();
  private final SpaceChannel.Patience patience;
  private final SpaceChannel.Writing writing;
  private final Executor farewells;

  @Inject private Bus bus;

  @Inject private @Nullable ConnectionThreads threads;
  @Resource private @Nullable ManagedScheduledExecutorService scheduler;

  /** For the container, which replaces the bus. */
  @SuppressWarnings("UnnecessaryAssignment")
  public Subscriptions() {
    this.patience = this::releaseSoon;
    this.writing = this::write;
    this.farewells = this::runSoon;
    this.bus = new LocalBus();
  }

  /**
   * @param patience releases announcements that wait for a predecessor
   * @param writing writes the frames that were put on connections
   * @param farewells tells other subscribers that one has left
   * @param bus tells other nodes
   */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  Subscriptions(
      SpaceChannel.Patience patience, SpaceChannel.Writing writing, Executor farewells, Bus bus) {
    this.patience = patience;
    this.writing = writing;
    this.farewells = farewells;
    this.bus = bus;
  }

  /**
   * Begins a subscription, which is pending until it is activated. It replaces an earlier one of
   * the connection to the same space, in any spelling.
   *
   * @param connection the subscriber
   * @param space the space
   * @param spelling the id as the caller spells it, repeated in every notification
   * @param capability the capability by which the caller may read; null in its own personal space
   * @return the subscription, or nothing if the connection has too many
   */
  public Optional<Subscription> begin(
      Connection connection, SpaceId space, String spelling, @Nullable Capability capability) {
    Set<SpaceId> own = spaces.get(connection);
    if (own == null) {
      own = ConcurrentHashMap.newKeySet();
      spaces.put(connection, own);
      connection.onEnd(() -> end(connection));
      connection.onRefresh(() -> endThoseOfAnother(connection));
    }
    if (own.size() >= PER_CONNECTION && !own.contains(space)) {
      return Optional.empty();
    }
    Set<SpaceId> all = own;
    var begun = new Subscription[1];
    channels.compute(
        space,
        (key, present) -> {
          // Within compute, as its removal is: the end of an earlier subscription must not remove
          // the entry of this one.
          all.add(space);
          SpaceChannel channel =
              present == null ? new SpaceChannel(space, patience, writing) : present;
          begun[0] = channel.add(connection, spelling, capability);
          return channel;
        });
    if (!spaces.containsKey(connection)) {
      // The connection ended meanwhile, and its end did not see this subscription.
      end(connection, space);
    }
    return Optional.of(begun[0]);
  }

  /** Gives up a subscription that is still pending. */
  public void cancel(Connection connection, SpaceId space, Subscription pending) {
    pending.cancel();
    leave(connection, space, channel -> !channel.has(connection)).ifPresent(Runnable::run);
  }

  /** Ends a subscription and the presence with it. Does nothing if there is none. */
  public void end(Connection connection, SpaceId space) {
    leave(connection, space, channel -> channel.remove(connection)).ifPresent(Runnable::run);
  }

  private void end(Connection connection) {
    Set<SpaceId> own = spaces.remove(connection);
    if (own == null) {
      return;
    }
    var farewell = new ArrayList<Runnable>();
    own.forEach(
        space ->
            leave(connection, space, channel -> channel.remove(connection))
                .ifPresent(farewell::add));
    if (!farewell.isEmpty()) {
      // A connection may end during a notification, with its subscription locked. Telling others
      // from here, which may end in turn, would mean to wait for locks while holding one.
      farewells.execute(() -> farewell.forEach(Runnable::run));
    }
  }

  private void forget(Connection connection, SpaceId space) {
    Set<SpaceId> own = spaces.get(connection);
    if (own != null) {
      own.remove(space);
    }
  }

  /**
   * Removes a subscriber.
   *
   * @param gone tries to remove it, and returns whether it is gone
   * @return the presence to tell the others of, if it was present
   */
  private Optional<Runnable> leave(
      Connection connection, SpaceId space, Predicate<SpaceChannel> gone) {
    var farewell = new Runnable[1];
    channels.computeIfPresent(
        space,
        (key, channel) -> {
          if (gone.test(channel)) {
            forget(connection, space);
            channel
                .attendance()
                .clear(connection)
                .ifPresent(
                    peer ->
                        farewell[0] =
                            () -> {
                              bus.publish(new BusMessage.Absent(space, peer));
                              channel.tell(SpaceMessages.leave(space, peer), null);
                            });
          }
          return channel.isEmpty() ? null : channel;
        });
    return Optional.ofNullable(farewell[0]);
  }

  /**
   * Announces an event that was committed here to the subscribers of its space, on all nodes.
   *
   * @param announcement the event
   * @param except the connection that made it and gets a reply; null if there is none
   */
  public void announce(Announcement announcement, @Nullable Connection except) {
    if (bus.hasOthers()) {
      bus.publish(announcement.forOtherNodes());
    }
    announceHere(announcement, except);
  }

  /** Announces an event that all nodes are told of to the subscribers on this one. */
  public void announceHere(Announcement announcement, @Nullable Connection except) {
    SpaceChannel channel = channels.get(announcement.space());
    if (channel != null) {
      channel.announce(announcement, except);
    }
  }

  /** Whether a connection of this node is subscribed to a space. */
  public boolean hasSubscribers(SpaceId space) {
    return channels.containsKey(space);
  }

  /** The number of connections of this node that are subscribed to a space. */
  public int subscribers(SpaceId space) {
    return channel(space).map(channel -> channel.subscriptions().size()).orElse(0);
  }

  /**
   * The number of parties that these connections are of: a person with several connections counts
   * once, and so does a peer, however many members it stands for.
   */
  public int subscribedParties(SpaceId space) {
    return channel(space)
        .map(
            channel ->
                (int)
                    channel.subscriptions().stream()
                        .map(each -> each.connection().caller().party())
                        .distinct()
                        .count())
        .orElse(0);
  }

  /** Whether this connection is subscribed to a space. */
  public boolean isSubscribed(Connection connection, SpaceId space) {
    return channel(space).filter(channel -> channel.has(connection)).isPresent();
  }

  /** The channel of a space, if a connection is subscribed to it. */
  Optional<SpaceChannel> channel(SpaceId space) {
    return Optional.ofNullable(channels.get(space));
  }

  /** The channels of all spaces with a subscriber; a weakly consistent view. */
  Collection<SpaceChannel> channels() {
    return channels.values();
  }

  /** The new token may name another DID than the one that some chains were made for. */
  private void endThoseOfAnother(Connection connection) {
    String did = connection.token().did().orElse("");
    for (SpaceId space : spaces.getOrDefault(connection, Set.of())) {
      channel(space)
          .flatMap(channel -> channel.subscription(connection))
          .filter(each -> each.capability().filter(it -> !it.audience().equals(did)).isPresent())
          .ifPresent(each -> expel(each, Reason.UCAN_REVOKED));
    }
  }

  /** Ends this one subscription of its connection and tells the reason. */
  void expel(Subscription subscription, Reason reason) {
    subscription.end(
        reason,
        () ->
            leave(
                    subscription.connection(),
                    subscription.space(),
                    channel -> channel.remove(subscription))
                .ifPresent(Runnable::run));
  }

  /** The cursor up to which the subscribers of each space were told. */
  public Map<SpaceId, Long> told() {
    var told = new HashMap<SpaceId, Long>();
    channels.forEach(
        (space, channel) -> {
          long last = channel.last();
          if (last >= 0) {
            told.put(space, last);
          }
        });
    return told;
  }

  /** Sends a marker to the subscribers of a space if they were told of less than this cursor. */
  public void catchUp(SpaceId space, long cursor) {
    SpaceChannel channel = channels.get(space);
    if (channel != null) {
      channel.catchUp(cursor);
    }
  }

  private void releaseSoon(SpaceChannel channel) {
    ManagedScheduledExecutorService timer = scheduler;
    if (timer == null) {
      throw new IllegalStateException("no scheduler");
    }
    ScheduledFuture<?> unused =
        timer.schedule(() -> release(channel), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void write(List<Connection> told) {
    ConnectionThreads writers = threads;
    if (writers == null) {
      throw new IllegalStateException("no threads");
    }
    writers.flush(told);
  }

  private void runSoon(Runnable task) {
    ManagedScheduledExecutorService timer = scheduler;
    if (timer == null) {
      throw new IllegalStateException("no scheduler");
    }
    timer.execute(task);
  }

  private static void release(SpaceChannel channel) {
    try {
      channel.release();
    } catch (RuntimeException e) {
      // Nobody looks at the future of this task. The subscribers pull when they find the gap.
      FAILURES.failed("releasing notifications", e, null);
    }
  }
}
