package dev.betterbase.sync.rpc.outbound;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.transport.Drain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The frames that wait on one connection, in the order in which they came. When there is no room
 * for another one, some give way (protocol.md, 4006). Guarded by the lock of its queue.
 *
 * <p>Replies and notifications have room of their own. A reply without room is refused. For a
 * notification, the {@code sync} frames of its space give way to one marker, and presence and
 * events are dropped.
 */
final class WaitingFrames {

  static final Lane.Room REPLIES = new Lane.Room(64, 4 * 1024 * 1024);
  static final Lane.Room NOTIFICATIONS = new Lane.Room(256, 8 * 1024 * 1024);

  /**
   * A waiting frame.
   *
   * @param notification the notification of the frame; null for a reply or a chunk
   * @param marker whether the frame stands for {@code sync} frames that gave way
   * @param owner the stream that a chunk belongs to, while it can still be withdrawn
   */
  private record Entry(
      byte[] frame, @Nullable Notification notification, boolean marker, @Nullable Object owner) {

    static Entry of(Notification notification, byte[] frame, boolean marker) {
      return new Entry(frame, notification, marker, null);
    }

    boolean isSyncOf(SpaceId space) {
      return notification instanceof Notification.Sync sync && sync.space().equals(space);
    }
  }

  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final Lane replies;

  // Counted against no budget: most frames here are shared by all subscribers of a space.
  private final Lane notifications = new Lane(NOTIFICATIONS, null);

  private long highWaterBytes;

  /**
   * @param budget the memory that the replies and chunks of all connections share
   */
  WaitingFrames(SendBudget budget) {
    replies = new Lane(REPLIES, budget);
  }

  /**
   * Adds a reply or a chunk.
   *
   * @param owner for a chunk that {@link #withdrawReplies} may take back, its stream
   * @return false if there is no room for it
   */
  boolean addReply(byte[] frame, @Nullable Object owner) {
    if (!replies.takes(frame.length)) {
      return false;
    }
    add(new Entry(frame, null, false, owner), replies);
    return true;
  }

  /**
   * Whether a reply of this length fits and at least half of the room for replies is free, so that
   * a sender is not woken for every frame that leaves.
   */
  boolean hasEased(int length) {
    return replies.hasEased(length);
  }

  /**
   * Adds a notification, or drops it if it is one that may be lost.
   *
   * @return false if a notification that must not be lost finds no room: the peer is too slow
   */
  boolean add(Notification notification) {
    return switch (notification) {
      case Notification.Sync sync -> addSync(sync);
      case Notification.Lasting lasting -> addLasting(lasting);
      case Notification.Ephemeral ephemeral -> addEphemeral(ephemeral);
    };
  }

  private boolean addSync(Notification.Sync sync) {
    if (removeMarker(sync.space()) || !notifications.takes(sync.frame().length)) {
      return addMarker(sync);
    }
    add(Entry.of(sync, sync.frame(), false), notifications);
    return true;
  }

  /**
   * Replaces the waiting {@code sync} frames of the space by a marker. The marker goes to the end,
   * behind the other frames of the space, so that cursors ascend.
   */
  private boolean addMarker(Notification.Sync latest) {
    removeSyncs(latest.space());
    byte[] frame = latest.marker().apply(latest.cursor());
    if (!makeRoom(frame.length)) {
      return false;
    }
    add(Entry.of(latest, frame, true), notifications);
    return true;
  }

  private boolean addLasting(Notification.Lasting lasting) {
    if (lasting.space() != null && !notifications.takes(lasting.frame().length)) {
      Notification.Sync latest = removeSyncs(lasting.space());
      if (latest != null) {
        byte[] frame = latest.marker().apply(latest.cursor());
        add(Entry.of(latest, frame, true), notifications);
      }
    }
    if (!makeRoom(lasting.frame().length)) {
      return false;
    }
    add(Entry.of(lasting, lasting.frame(), false), notifications);
    return true;
  }

  private boolean addEphemeral(Notification.Ephemeral ephemeral) {
    if (makeRoom(ephemeral.frame().length)) {
      add(Entry.of(ephemeral, ephemeral.frame(), false), notifications);
    }
    return true;
  }

  private void add(Entry entry, Lane lane) {
    waiting.add(entry);
    lane.added(entry.frame());
    highWaterBytes = Math.max(highWaterBytes, bytes());
  }

  /** Drops presence and events, oldest first, until a frame of this length fits. */
  private boolean makeRoom(int length) {
    Iterator<Entry> entries = waiting.iterator();
    while (!notifications.takes(length) && entries.hasNext()) {
      Entry entry = entries.next();
      if (entry.notification() instanceof Notification.Ephemeral) {
        entries.remove();
        release(entry);
      }
    }
    return notifications.takes(length);
  }

  private boolean removeMarker(SpaceId space) {
    return removeIf(entry -> entry.marker() && entry.isSyncOf(space));
  }

  /** Removes the {@code sync} frames of a space and its marker, and returns the last of them. */
  private Notification.@Nullable Sync removeSyncs(SpaceId space) {
    Notification.Sync latest = null;
    for (Iterator<Entry> entries = waiting.iterator(); entries.hasNext(); ) {
      Entry entry = entries.next();
      if (entry.notification() instanceof Notification.Sync sync && sync.space().equals(space)) {
        entries.remove();
        release(entry);
        latest = sync;
      }
    }
    return latest;
  }

  /** Removes the notifications of a space. */
  void withdraw(SpaceId space) {
    removeIf(entry -> entry.notification() != null && space.equals(entry.notification().space()));
  }

  /** Removes the chunks of a stream. */
  void withdrawReplies(Object owner) {
    removeIf(entry -> entry.owner() == owner);
  }

  private boolean removeIf(Predicate<Entry> unwanted) {
    return waiting.removeIf(
        entry -> {
          boolean found = unwanted.test(entry);
          if (found) {
            release(entry);
          }
          return found;
        });
  }

  void clear() {
    waiting.forEach(this::release);
    waiting.clear();
  }

  private void release(Entry entry) {
    lane(entry).removed(entry.frame());
  }

  private Lane lane(Entry entry) {
    return entry.notification() == null ? replies : notifications;
  }

  /**
   * Removes the frames of the next write: up to 64 KiB, but at least one if any waits. Their memory
   * counts until {@link #written}.
   */
  List<byte[]> takeBatch() {
    var batch = new ArrayList<byte[]>();
    long bytes = 0;
    for (Entry next = waiting.peek();
        next != null && (batch.isEmpty() || bytes + next.frame().length <= Drain.GATHER_BYTES);
        next = waiting.peek()) {
      waiting.remove();
      lane(next).handedOver(next.frame());
      batch.add(next.frame());
      bytes += next.frame().length;
    }
    return batch;
  }

  /** The frames of the last write are out, or the connection is gone. */
  void written() {
    replies.written();
    notifications.written();
  }

  /** The most bytes that waited at a time. */
  long highWaterBytes() {
    return highWaterBytes;
  }

  /** The bytes of all waiting frames. */
  long bytes() {
    return replies.bytes() + notifications.bytes();
  }
}
