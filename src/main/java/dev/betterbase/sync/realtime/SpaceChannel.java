package dev.betterbase.sync.realtime;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Connection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The subscribers of one space on this node, and the order in which they are told (protocol.md,
 * Order).
 *
 * <p>Pushes get their cursors in the database and come here on different threads, so one may
 * overtake another on the way. It then waits for its predecessor, but only for a moment.
 */
final class SpaceChannel {

  /** The number of announcements that may wait for a predecessor; beyond that, none waits. */
  private static final int HELD_AT_MOST = 1_000;

  private static final long UNKNOWN = -1;

  /** Calls {@link #release} after the time that an announcement may wait. */
  interface Patience {
    void begin(SpaceChannel channel);
  }

  private record Held(Announcement announcement, @Nullable Connection except) {}

  /** Writes the frames that were put on connections. */
  interface Writing {
    void flush(List<Connection> told);
  }

  private final SpaceId space;
  private final Patience patience;
  private final Writing writing;

  /** Changed without the lock, so that a connection may end while it is being told. */
  private final Map<Connection, Subscription> subscriptions = new ConcurrentHashMap<>();

  private final Attendance attendance = new Attendance();
  private final NavigableMap<Long, Held> held = new TreeMap<>();

  /** Everything up to this cursor was told, dropped, or covered by the cursor of a subscription. */
  private long last = UNKNOWN;

  /** Whether a call of {@link #release} is scheduled. */
  private boolean waiting;

  SpaceChannel(SpaceId space, Patience patience, Writing writing) {
    this.space = space;
    this.patience = patience;
    this.writing = writing;
  }

  SpaceId space() {
    return space;
  }

  /** The presences. */
  Attendance attendance() {
    return attendance;
  }

  /** All subscriptions, at no particular moment. */
  Collection<Subscription> subscriptions() {
    return subscriptions.values();
  }

  Optional<Subscription> subscription(Connection connection) {
    return Optional.ofNullable(subscriptions.get(connection));
  }

  Subscription add(Connection connection, String spelling, @Nullable Capability capability) {
    return subscriptions.compute(
        connection,
        (key, replaced) -> new Subscription(this, connection, spelling, capability, replaced));
  }

  /** Removes the subscription of a connection, if it has one. */
  boolean remove(Connection connection) {
    return subscriptions.remove(connection) != null;
  }

  /** Removes a subscription, unless another one of its connection has replaced it. */
  boolean remove(Subscription subscription) {
    return subscriptions.remove(subscription.connection(), subscription);
  }

  void restore(Subscription cancelled, Subscription replaced) {
    subscriptions.replace(cancelled.connection(), cancelled, replaced);
  }

  boolean has(Connection connection) {
    return subscriptions.containsKey(connection);
  }

  boolean isEmpty() {
    return subscriptions.isEmpty();
  }

  /**
   * Sends all subscribers but one a notification that has no cursor. Takes no lock, because it may
   * come during an announcement, and from a thread that holds the lock of another channel.
   */
  void tell(Message message, @Nullable Connection except) {
    var told = new ArrayList<Connection>();
    put(subscription -> subscription.tell(message), except, told);
    writing.flush(told);
  }

  /** A subscription begins at a cursor, from which on the order is known. */
  void startsAt(long cursor) {
    inOrder(
        told -> {
          if (last == UNKNOWN) {
            last = cursor;
            held.headMap(cursor, true).clear();
            tellInOrder(told);
          }
        });
  }

  /**
   * The space was deleted. If it is made anew, its cursors begin anew with the next subscription,
   * which may come before the last of the old ones has ended.
   */
  synchronized void restart() {
    last = UNKNOWN;
    held.clear();
  }

  /**
   * Puts the frames on the connections with the lock held, so that all get them in the same order,
   * and writes them without the lock.
   */
  private void inOrder(Consumer<List<Connection>> putting) {
    var told = new ArrayList<Connection>();
    synchronized (this) {
      putting.accept(told);
    }
    writing.flush(told);
  }

  /**
   * Sends an announcement to all subscribers but one, in the order of the cursors.
   *
   * @param except the connection that made it and gets a reply
   */
  void announce(Announcement announcement, @Nullable Connection except) {
    inOrder(told -> announce(announcement, except, told));
  }

  private void announce(
      Announcement announcement, @Nullable Connection except, List<Connection> told) {
    long cursor = announcement.cursor();
    if (last != UNKNOWN && cursor <= last) {
      // Too late: its successors were sent, and their prev has told the clients to pull.
      return;
    }
    held.put(cursor, new Held(announcement, except));
    if (last != UNKNOWN) {
      tellInOrder(told);
    }
    if (held.size() > HELD_AT_MOST) {
      release(told);
    } else if (!held.isEmpty() && !waiting) {
      waiting = true;
      patience.begin(this);
    }
  }

  /** Stops waiting for predecessors. */
  void release() {
    inOrder(this::release);
  }

  private void release(List<Connection> told) {
    waiting = false;
    held.values().forEach(each -> tell(each, told));
    if (!held.isEmpty()) {
      last = held.lastKey();
      held.clear();
    }
  }

  /**
   * Sends a marker if subscribers were told of less than the database holds (protocol.md, Order).
   */
  void catchUp(long cursor) {
    inOrder(told -> catchUp(cursor, told));
  }

  private void catchUp(long cursor, List<Connection> told) {
    if (last == UNKNOWN || cursor <= last) {
      return;
    }
    last = cursor;
    held.headMap(cursor, true).clear();
    tell(new Held(SyncMarker.announcement(space, cursor), null), told);
    tellInOrder(told);
  }

  /**
   * The cursor that all subscribers know of, or a negative number if no subscription is active yet.
   */
  synchronized long last() {
    return last;
  }

  private void tellInOrder(List<Connection> told) {
    for (Held next = held.get(last + 1); next != null; next = held.get(last + 1)) {
      last++;
      held.remove(last);
      tell(next, told);
    }
  }

  private void tell(Held next, List<Connection> told) {
    put(subscription -> subscription.deliver(next.announcement()), next.except(), told);
  }

  private void put(
      Consumer<Subscription> putting, @Nullable Connection except, List<Connection> told) {
    for (Subscription subscription : subscriptions.values()) {
      if (subscription.connection() != except) {
        putting.accept(subscription);
        told.add(subscription.connection());
      }
    }
  }
}
