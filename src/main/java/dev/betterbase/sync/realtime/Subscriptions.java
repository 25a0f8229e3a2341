package dev.betterbase.sync.realtime;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.RpcConnection;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
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
  private final ConcurrentHashMap<RpcConnection, Set<SpaceId>> spaces = new ConcurrentHashMap<>();
  private final SpaceChannel.Patience patience;

  @Resource private @Nullable ManagedScheduledExecutorService scheduler;

  /** For the container. */
  public Subscriptions() {
    this.patience = this::releaseSoon;
  }

  /**
   * @param patience how announcements that are ahead are released
   */
  Subscriptions(SpaceChannel.Patience patience) {
    this.patience = patience;
  }

  /**
   * Begins a subscription, which is pending until it is activated. It replaces the connection's
   * earlier one to the same space, in whatever spelling.
   *
   * @param connection who subscribes
   * @param space the space
   * @param spelling how the caller wrote its id, repeated in every notification
   * @return the subscription, or nothing where the connection has too many
   */
  public Optional<Subscription> begin(RpcConnection connection, SpaceId space, String spelling) {
    Set<SpaceId> own = spaces.get(connection);
    if (own == null) {
      own = ConcurrentHashMap.newKeySet();
      spaces.put(connection, own);
      connection.onEnd(() -> end(connection));
    }
    if (own.size() >= PER_CONNECTION && !own.contains(space)) {
      return Optional.empty();
    }
    own.add(space);
    var begun = new Subscription[1];
    channels.compute(
        space,
        (key, present) -> {
          SpaceChannel channel = present == null ? new SpaceChannel(space, patience) : present;
          begun[0] = channel.add(connection, spelling);
          return channel;
        });
    if (!spaces.containsKey(connection)) {
      // The connection ended meanwhile, and its end did not see this one.
      leave(connection, space);
    }
    return Optional.of(begun[0]);
  }

  /** Gives up a subscription that is still pending. */
  public void cancel(RpcConnection connection, SpaceId space, Subscription pending) {
    pending.cancel();
    channels.computeIfPresent(
        space,
        (key, channel) -> {
          if (!channel.has(connection)) {
            forget(connection, space);
          }
          return channel.isEmpty() ? null : channel;
        });
  }

  /** Ends a subscription; one that is not there is passed over. */
  public void end(RpcConnection connection, SpaceId space) {
    forget(connection, space);
    leave(connection, space);
  }

  private void end(RpcConnection connection) {
    Set<SpaceId> own = spaces.remove(connection);
    if (own != null) {
      own.forEach(space -> leave(connection, space));
    }
  }

  private void forget(RpcConnection connection, SpaceId space) {
    Set<SpaceId> own = spaces.get(connection);
    if (own != null) {
      own.remove(space);
    }
  }

  private void leave(RpcConnection connection, SpaceId space) {
    channels.computeIfPresent(
        space,
        (key, channel) -> {
          channel.remove(connection);
          return channel.isEmpty() ? null : channel;
        });
  }

  /**
   * Tells the subscribers of a space.
   *
   * @param announcement what happened
   * @param except who made it and has the reply; nobody where absent
   */
  public void announce(Announcement announcement, @Nullable RpcConnection except) {
    SpaceChannel channel = channels.get(announcement.space());
    if (channel != null) {
      channel.announce(announcement, except);
    }
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

  private static void release(SpaceChannel channel) {
    try {
      channel.release();
    } catch (RuntimeException e) {
      // Nobody looks at the future of this task. Its subscribers pull when the gap is found.
      LOG.log(Level.ERROR, "releasing notifications", e);
    }
  }
}
