package dev.betterbase.sync.realtime;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.SpaceMessages.Reason;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.method.Connection;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
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

/** Who is subscribed to what on this node, and the way to tell them. */
@ApplicationScoped
public class Subscriptions {

  private static final Logger LOG = System.getLogger(Subscriptions.class.getName());

  /** Spaces that one connection may be subscribed to (methods.md, subscribe). */
  private static final int PER_CONNECTION = 10_000;

  /** How long an announcement waits for its predecessor (protocol.md, Order). */
  private static final long PATIENCE_MILLIS = 100;

  private final ConcurrentHashMap<SpaceId, SpaceChannel> channels = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Connection, Set<SpaceId>> spaces = new ConcurrentHashMap<>();
  private final SpaceChannel.Patience patience;
  private final SpaceChannel.Writing writing;
  private final Executor farewells;

  @Inject private @Nullable RpcServer server;
  @Resource private @Nullable ManagedScheduledExecutorService scheduler;

  /** For the container. */
  public Subscriptions() {
    this.patience = this::releaseSoon;
    this.writing = this::write;
    this.farewells = this::runSoon;
  }

  /**
   * @param patience how announcements that are ahead are released
   * @param writing writes what was put on connections
   * @param farewells tells others that somebody left
   */
  Subscriptions(SpaceChannel.Patience patience, SpaceChannel.Writing writing, Executor farewells) {
    this.patience = patience;
    this.writing = writing;
    this.farewells = farewells;
  }

  /**
   * Begins a subscription, which is pending until it is activated. It replaces the connection's
   * earlier one to the same space, in whatever spelling.
   *
   * @param connection who subscribes
   * @param space the space
   * @param spelling how the caller wrote its id, repeated in every notification
   * @param capability by what the caller may read; null in its own personal space
   * @return the subscription, or nothing where the connection has too many
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
          // Here, as it is forgotten: one that is ended meanwhile must not take this one's place.
          all.add(space);
          SpaceChannel channel =
              present == null ? new SpaceChannel(space, patience, writing) : present;
          begun[0] = channel.add(connection, spelling, capability);
          return channel;
        });
    if (!spaces.containsKey(connection)) {
      // The connection ended meanwhile, and its end did not see this one.
      end(connection, space);
    }
    return Optional.of(begun[0]);
  }

  /** Gives up a subscription that is still pending. */
  public void cancel(Connection connection, SpaceId space, Subscription pending) {
    pending.cancel();
    leave(connection, space, channel -> !channel.has(connection)).ifPresent(Runnable::run);
  }

  /** Ends a subscription, and the presence with it; one that is not there is passed over. */
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
      // A connection may end while it is being told something, with its subscription locked. To
      // tell others from here, who may end in turn, would be to wait for locks while holding one.
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
   * Takes a subscriber away.
   *
   * @param gone tries to, and says whether it is gone
   * @return what is left to be told to the others, where it was present
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
                        farewell[0] = () -> channel.tell(SpaceMessages.leave(space, peer), null));
          }
          return channel.isEmpty() ? null : channel;
        });
    return Optional.ofNullable(farewell[0]);
  }

  /**
   * Tells the subscribers of a space.
   *
   * @param announcement what happened
   * @param except who made it and has the reply; nobody where absent
   */
  public void announce(Announcement announcement, @Nullable Connection except) {
    SpaceChannel channel = channels.get(announcement.space());
    if (channel != null) {
      channel.announce(announcement, except);
    }
  }

  /** Whether anybody on this node is subscribed to a space. */
  public boolean hasSubscribers(SpaceId space) {
    return channels.containsKey(space);
  }

  /** Whether this connection is subscribed to a space. */
  public boolean isSubscribed(Connection connection, SpaceId space) {
    return channel(space).filter(channel -> channel.has(connection)).isPresent();
  }

  /** The channel of a space that somebody is subscribed to. */
  Optional<SpaceChannel> channel(SpaceId space) {
    return Optional.ofNullable(channels.get(space));
  }

  /** The channels of all spaces that somebody is subscribed to, at no particular moment. */
  Collection<SpaceChannel> channels() {
    return channels.values();
  }

  /** The token that counts now may name another DID than some chains were made for. */
  private void endThoseOfAnother(Connection connection) {
    String did = connection.token().did().orElse("");
    for (SpaceId space : spaces.getOrDefault(connection, Set.of())) {
      channel(space)
          .flatMap(channel -> channel.subscription(connection))
          .filter(each -> each.capability().filter(it -> !it.audience().equals(did)).isPresent())
          .ifPresent(each -> expel(each, Reason.UCAN_REVOKED));
    }
  }

  /** Ends a subscription and no other of its connection, and says why. */
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

  /** The cursors up to which the subscribers of each space were told. */
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

  /** Sends a marker to the subscribers of a space where they were told of less than a cursor. */
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
    RpcServer all = server;
    if (all == null) {
      throw new IllegalStateException("no server");
    }
    all.flush(told);
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
      // Nobody looks at the future of this task. Its subscribers pull when the gap is found.
      LOG.log(Level.ERROR, "releasing notifications", e);
    }
  }
}
