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
 * <p>Pushes take their cursors in the database and come here by threads of their own, so one may
 * overtake another on the way: it waits for its predecessor, for a moment at most.
 */
final class SpaceChannel {

  /** Announcements that wait for a predecessor; past that they no longer wait. */
  private static final int HELD_AT_MOST = 1_000;

  private static final long UNKNOWN = -1;

  /** Has {@link #release} called after the time that an announcement may wait. */
  interface Patience {
    void begin(SpaceChannel channel);
  }

  private record Held(Announcement announcement, @Nullable Connection except) {}

  /** Writes what was put on connections. */
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

  /** Everything up to here was told, dropped, or covered by the cursor of a subscription. */
  private long last = UNKNOWN;

  /** Whether {@link #release} is on its way. */
  private boolean waiting;

  SpaceChannel(SpaceId space, Patience patience, Writing writing) {
    this.space = space;
    this.patience = patience;
    this.writing = writing;
  }

  SpaceId space() {
    return space;
  }

  /** Who is present. */
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

  /** Takes a connection's subscription away, where it has one. */
  boolean remove(Connection connection) {
    return subscriptions.remove(connection) != null;
  }

  /** Takes a subscription away, unless another one of its connection has its place. */
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
   * Tells all subscribers but one something that stands under no cursor. Without the lock: it may
   * be told while a cursor is, and by whoever holds another channel's.
   */
  void tell(Message message, @Nullable Connection except) {
    var told = new ArrayList<Connection>();
    put(subscription -> subscription.tell(message), except, told);
    writing.flush(told);
  }

  /** A subscription begins at a cursor: from there on the order is known. */
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
   * Puts what is to be told on the connections with the lock held, so that all hear of it in the
   * same order, and writes it without.
   */
  private void inOrder(Consumer<List<Connection>> putting) {
    var told = new ArrayList<Connection>();
    synchronized (this) {
      putting.accept(told);
    }
    writing.flush(told);
  }

  /**
   * Tells all but one subscriber, in the order of the cursors.
   *
   * @param except who made it, and knows
   */
  void announce(Announcement announcement, @Nullable Connection except) {
    inOrder(told -> announce(announcement, except, told));
  }

  private void announce(
      Announcement announcement, @Nullable Connection except, List<Connection> told) {
    long cursor = announcement.cursor();
    if (last != UNKNOWN && cursor <= last) {
      // Too late: its successors are out, and their prev has told the clients to pull.
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

  /** Waits no longer for predecessors. */
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

  /** Sends a marker where subscribers were told of less than what is there (protocol.md, Order). */
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

  /** The cursor that all subscribers know of, or a negative number where none is active yet. */
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
