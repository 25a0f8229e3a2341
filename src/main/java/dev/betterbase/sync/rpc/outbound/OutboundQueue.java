package dev.betterbase.sync.rpc.outbound;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent on one connection (protocol.md, 4006).
 *
 * <p>Replies and notifications have room of their own, but leave in the order in which they came. A
 * reply that finds no room is refused, and its sender waits: that is the back-pressure. A
 * notification is never waited for: the {@code sync} frames of a space give way to one marker,
 * presence and events are dropped, and where even so there is no room the connection is slow.
 *
 * <p>One thread at a time hands frames to the transport, whichever came with one or heard that the
 * last ones are out; the others leave theirs and go on.
 */
public final class OutboundQueue {

  /** Frames that are handed to the transport at once, in bytes, though at least one frame. */
  static final int GATHER_BYTES = 64 * 1024;

  static final Lane.Room REPLIES = new Lane.Room(64, 4 * 1024 * 1024);
  static final Lane.Room NOTIFICATIONS = new Lane.Room(256, 8 * 1024 * 1024);

  /** Sends frames, and says when it is ready for more. */
  public interface Writer {
    void write(List<byte[]> frames, Runnable done);
  }

  /**
   * A waiting frame.
   *
   * @param notification what was announced; absent for a reply
   * @param marker whether it stands for the {@code sync} frames that gave way
   * @param owner the stream that a chunk belongs to, while it can still be taken back
   */
  private record Entry(
      byte[] frame, @Nullable Notification notification, boolean marker, @Nullable Object owner) {

    static Entry of(Notification notification, byte[] frame, boolean marker) {
      return new Entry(frame, notification, marker, null);
    }

    boolean isReply() {
      return notification == null;
    }

    boolean isSyncOf(SpaceId space) {
      return notification instanceof Notification.Sync sync && sync.space().equals(space);
    }
  }

  private record RoomWaiter(int length, Runnable task) {}

  private final Writer writer;
  private final Runnable overflow;

  private final Object lock = new Object();
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final ArrayDeque<RoomWaiter> roomWaiters = new ArrayDeque<>();
  private final Lane replies;

  // Most of what waits here is one frame for all subscribers.
  private final Lane notifications = new Lane(NOTIFICATIONS, null);

  private boolean writing;
  private boolean shut;
  private @Nullable Runnable whenEmpty;

  /** Counts the calls to {@link #flush} that are not served yet; above 0 some thread is at it. */
  private final AtomicInteger drains = new AtomicInteger();

  /**
   * @param writer where frames go
   * @param budget what replies and chunks share with those of other connections
   * @param overflow run when a notification finds no room: the peer is too slow
   */
  public OutboundQueue(Writer writer, SendBudget budget, Runnable overflow) {
    this.writer = writer;
    this.overflow = overflow;
    this.replies = new Lane(REPLIES, budget);
  }

  /**
   * Adds replies or chunks, as many as there is room for.
   *
   * @param frames encoded frames
   * @param from the first to be added
   * @return the index of the first that found no room, or the size of the list
   */
  public int offerReplies(List<byte[]> frames, int from) {
    return offerReplies(frames, from, null);
  }

  /**
   * The same with frames that {@link #withdrawReplies} can take back.
   *
   * @param owner whose they are
   */
  public int offerReplies(List<byte[]> frames, int from, @Nullable Object owner) {
    int next = from;
    synchronized (lock) {
      if (shut) {
        return frames.size();
      }
      while (next < frames.size() && replies.takes(frames.get(next).length)) {
        add(new Entry(frames.get(next), null, false, owner), replies);
        next++;
      }
    }
    flush();
    return next;
  }

  /**
   * Has something run once when a reply would fit again, or when none is taken any more.
   *
   * @param length the length of the frame that found no room
   * @param task short, since it is run on the thread that made the room
   */
  public void whenRoomForReply(int length, Runnable task) {
    synchronized (lock) {
      if (!shut && !replies.hasEased(length)) {
        roomWaiters.add(new RoomWaiter(length, task));
        return;
      }
    }
    task.run();
  }

  /** Adds a notification, makes room for it, or reports that the peer is too slow. */
  public void offer(Notification notification) {
    put(notification);
    flush();
  }

  /** The same, but leaves it to {@link #flush} to write it. */
  public void put(Notification notification) {
    boolean taken;
    synchronized (lock) {
      if (shut) {
        return;
      }
      taken =
          switch (notification) {
            case Notification.Sync sync -> addSync(sync);
            case Notification.Lasting lasting -> addLasting(lasting);
            case Notification.Ephemeral ephemeral -> addEphemeral(ephemeral);
          };
    }
    if (!taken) {
      overflow.run();
    }
  }

  private boolean addSync(Notification.Sync sync) {
    if (removeMarker(sync.space()) || !notifications.takes(sync.frame().length)) {
      return addMarker(sync);
    }
    add(Entry.of(sync, sync.frame(), false), notifications);
    return true;
  }

  /**
   * Lets the waiting syncs of the space give way. The marker goes to the end, behind what waits of
   * the same space, so that cursors ascend.
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

  /** Drops presence and events, oldest first, until a frame of this length fits. */
  private boolean makeRoom(int length) {
    Iterator<Entry> entries = waiting.iterator();
    while (!notifications.takes(length) && entries.hasNext()) {
      Entry entry = entries.next();
      if (entry.notification() instanceof Notification.Ephemeral) {
        entries.remove();
        notifications.removed(entry.frame());
      }
    }
    return notifications.takes(length);
  }

  private boolean removeMarker(SpaceId space) {
    return waiting.removeIf(
        entry -> {
          boolean found = entry.marker() && entry.isSyncOf(space);
          if (found) {
            notifications.removed(entry.frame());
          }
          return found;
        });
  }

  /** Removes the syncs of a space, a marker too, and returns the last of them. */
  private Notification.@Nullable Sync removeSyncs(SpaceId space) {
    Notification.Sync latest = null;
    for (Iterator<Entry> entries = waiting.iterator(); entries.hasNext(); ) {
      Entry entry = entries.next();
      if (entry.notification() instanceof Notification.Sync sync && sync.space().equals(space)) {
        entries.remove();
        notifications.removed(entry.frame());
        latest = sync;
      }
    }
    return latest;
  }

  /** Takes back the notifications of a space that wait: their reader may see it no longer. */
  public void withdraw(SpaceId space) {
    remove(entry -> entry.notification() != null && space.equals(entry.notification().space()));
  }

  /** Takes back the frames of a stream that wait. */
  public void withdrawReplies(Object owner) {
    remove(entry -> entry.owner() == owner);
  }

  private void remove(Predicate<Entry> unwanted) {
    List<Runnable> released;
    synchronized (lock) {
      for (Iterator<Entry> entries = waiting.iterator(); entries.hasNext(); ) {
        Entry entry = entries.next();
        if (unwanted.test(entry)) {
          entries.remove();
          (entry.isReply() ? replies : notifications).removed(entry.frame());
        }
      }
      released = takeWaiters();
    }
    released.forEach(Runnable::run);
  }

  private void add(Entry entry, Lane lane) {
    waiting.add(entry);
    lane.added(entry.frame());
  }

  /**
   * Takes nothing more, lets what waits go out, and then runs a task.
   *
   * @param task run once, at once where nothing waits; not at all after {@link #discard}
   */
  public void finish(Runnable task) {
    List<Runnable> released;
    synchronized (lock) {
      if (shut) {
        return;
      }
      shut = true;
      whenEmpty = task;
      released = takeWaiters();
    }
    released.forEach(Runnable::run);
    flush();
  }

  /** Takes nothing more and drops what waits; what the transport has in hand is its own. */
  public void discard() {
    List<Runnable> released;
    synchronized (lock) {
      shut = true;
      for (Entry entry : waiting) {
        (entry.isReply() ? replies : notifications).removed(entry.frame());
      }
      waiting.clear();
      whenEmpty = null;
      released = takeWaiters();
    }
    released.forEach(Runnable::run);
  }

  /** The bytes that wait, without those that the transport has in hand. */
  public long waitingBytes() {
    synchronized (lock) {
      return replies.bytes() + notifications.bytes();
    }
  }

  /**
   * Hands frames to the transport. A call that comes while another thread is at it, or from within
   * {@link Writer#write}, only leaves its mark, so that a transport which is done at once does not
   * nest ever deeper.
   */
  public void flush() {
    if (drains.getAndIncrement() != 0) {
      return;
    }
    int served = 1;
    while (served != 0) {
      step();
      served = drains.addAndGet(-served);
    }
  }

  private void step() {
    List<byte[]> batch;
    List<Runnable> released = List.of();
    Runnable empty = null;
    synchronized (lock) {
      if (writing) {
        return;
      }
      batch = takeBatch();
      if (batch.isEmpty()) {
        empty = whenEmpty;
        whenEmpty = null;
      } else {
        writing = true;
        released = takeWaiters();
      }
    }
    if (!batch.isEmpty()) {
      writer.write(batch, this::written);
    }
    released.forEach(Runnable::run);
    if (empty != null) {
      empty.run();
    }
  }

  private void written() {
    synchronized (lock) {
      writing = false;
    }
    flush();
  }

  private List<byte[]> takeBatch() {
    var batch = new ArrayList<byte[]>();
    long bytes = 0;
    for (Entry next = waiting.peek();
        next != null && (batch.isEmpty() || bytes + next.frame().length <= GATHER_BYTES);
        next = waiting.peek()) {
      waiting.remove();
      (next.isReply() ? replies : notifications).removed(next.frame());
      batch.add(next.frame());
      bytes += next.frame().length;
    }
    return batch;
  }

  /** The waiters to be told: those whose reply fits now, and all once nothing is taken any more. */
  private List<Runnable> takeWaiters() {
    if (roomWaiters.isEmpty()) {
      return List.of();
    }
    var released = new ArrayList<Runnable>();
    roomWaiters.removeIf(
        waiter -> {
          boolean tell = shut || replies.hasEased(waiter.length());
          if (tell) {
            released.add(waiter.task());
          }
          return tell;
        });
    return released;
  }
}
