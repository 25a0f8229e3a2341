package dev.betterbase.sync.realtime;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.SpaceMessages.Reason;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.method.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One connection's subscription to one space.
 *
 * <p>A subscription is pending at first: it notes announcements and delivers none. The subscriber
 * then reads the cursor of the space, with which the subscription becomes active. So a push in
 * between is either covered by that cursor, or it was noted and is delivered then. A revocation in
 * between is either seen by the same reading or noted as well.
 */
public final class Subscription {
  /**
   * The number of announcements that are noted while pending; beyond that, one marker stands for
   * all.
   */
  private static final int NOTED_AT_MOST = 256;

  private final SpaceChannel channel;
  private final Connection connection;
  private final String spelling;
  private final @Nullable Capability capability;

  /**
   * The subscription that gets its place back if this one is given up; forgotten once this one is
   * active.
   */
  private volatile @Nullable Subscription replaced;

  private NavigableMap<Long, Announcement> noted = new TreeMap<>();
  private List<Message> notedMessages = new ArrayList<>();
  private boolean pending = true;
  private @Nullable Reason ended;
  private @Nullable Runnable afterEnd;
  private long delivered;

  Subscription(
      SpaceChannel channel,
      Connection connection,
      String spelling,
      @Nullable Capability capability,
      @Nullable Subscription replaced) {
    this.channel = channel;
    this.connection = connection;
    this.spelling = spelling;
    this.capability = capability;
    this.replaced = replaced;
  }

  /**
   * Begins to deliver.
   *
   * @param cursor the cursor that the subscriber was told; it has everything up to here, or pulls
   *     it
   */
  public void activate(long cursor) {
    channel.startsAt(cursor);
    replaced = null;
    Runnable afterwards;
    synchronized (this) {
      pending = false;
      delivered = cursor;
      if (ended == null) {
        noted.tailMap(cursor, false).values().forEach(this::send);
        notedMessages.forEach(this::put);
      } else {
        sendEnd(ended);
      }
      noted = new TreeMap<>();
      notedMessages = new ArrayList<>();
      afterwards = afterEnd;
      afterEnd = null;
    }
    connection.flush();
    if (afterwards != null) {
      afterwards.run();
    }
  }

  /**
   * Gives up a pending subscription. The one that it was to replace goes on and misses nothing,
   * unless it ended meanwhile.
   */
  void cancel() {
    Subscription earlier = replaced;
    if (earlier == null) {
      channel.remove(this);
      return;
    }
    channel.restore(this, earlier);
    if (earlier.isEnded()) {
      // Checked once it has its place again, because a thread that ended it before did not find it
      // there.
      channel.remove(earlier);
      return;
    }
    NavigableMap<Long, Announcement> missed;
    List<Message> messages;
    synchronized (this) {
      missed = noted;
      messages = notedMessages;
      noted = new TreeMap<>();
      notedMessages = new ArrayList<>();
    }
    missed.values().forEach(earlier::deliver);
    messages.forEach(earlier::tell);
    connection.flush();
  }

  Connection connection() {
    return connection;
  }

  SpaceId space() {
    return channel.space();
  }

  /**
   * The capability by which the subscriber may read; empty in its own personal space, and for the
   * token of a peer.
   */
  Optional<Capability> capability() {
    return Optional.ofNullable(capability);
  }

  /** The subscription that this one is to replace, while it is pending. */
  @Nullable Subscription replaced() {
    return replaced;
  }

  private synchronized boolean isEnded() {
    return ended != null;
  }

  boolean restsOn(Predicate<Capability> matching) {
    return capability().filter(matching).isPresent();
  }

  /** Whether it belongs to a peer that showed a token of this server in place of a UCAN. */
  boolean isByToken() {
    return capability == null && connection.caller() instanceof Caller.Peer;
  }

  /**
   * Puts an announcement on the connection, which is to be flushed afterwards. A subscription that
   * ended while pending still notes it, for the one that may get its place back.
   */
  synchronized void deliver(Announcement announcement) {
    if (ended != null && !pending) {
      return;
    }
    if (!pending) {
      if (announcement.cursor() > delivered) {
        send(announcement);
      }
    } else if (noted.size() < NOTED_AT_MOST) {
      noted.put(announcement.cursor(), announcement);
    } else {
      long latest = Math.max(noted.lastKey(), announcement.cursor());
      noted.clear();
      noted.put(latest, SyncMarker.announcement(announcement.space(), latest));
    }
  }

  /** The same for a notification without a cursor. */
  synchronized void tell(Message message) {
    if (ended != null && !pending) {
      return;
    }
    if (!pending) {
      put(message);
    } else if (notedMessages.size() < NOTED_AT_MOST) {
      notedMessages.add(message);
    }
  }

  /**
   * Ends the subscription: delivers nothing from now on, takes back the waiting notifications, and
   * tells the reason. A pending one tells it after the reply, and not at all if it is given up.
   *
   * @param afterwards run once the reason was told, without a lock
   */
  void end(Reason reason, Runnable afterwards) {
    synchronized (this) {
      if (ended != null) {
        return;
      }
      ended = reason;
      if (pending) {
        afterEnd = afterwards;
        return;
      }
      connection.withdraw(channel.space());
      sendEnd(reason);
    }
    afterwards.run();
  }

  private void sendEnd(Reason reason) {
    connection.send(SpaceMessages.revoked(space(), spelling, reason));
  }

  private void send(Announcement announcement) {
    delivered = announcement.cursor();
    put(announcement.message());
  }

  private void put(Message message) {
    connection.put(message.spelled(spelling));
  }
}
