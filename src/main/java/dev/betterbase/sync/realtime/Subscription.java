package dev.betterbase.sync.realtime;

import dev.betterbase.sync.rpc.RpcConnection;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One connection's subscription to one space.
 *
 * <p>It begins as pending: what is announced is noted and not delivered. The subscriber then reads
 * the space's cursor, and with it the subscription becomes active. So a push that comes in between
 * is either covered by that cursor or was noted, and is delivered then.
 */
public final class Subscription {

  /** Announcements that are noted while pending; past that one marker stands for all. */
  private static final int NOTED_AT_MOST = 256;

  private final SpaceChannel channel;
  private final RpcConnection connection;
  private final String spelling;
  private final @Nullable Subscription replaced;

  private NavigableMap<Long, Announcement> noted = new TreeMap<>();
  private boolean pending = true;
  private long delivered;

  Subscription(
      SpaceChannel channel,
      RpcConnection connection,
      String spelling,
      @Nullable Subscription replaced) {
    this.channel = channel;
    this.connection = connection;
    this.spelling = spelling;
    this.replaced = replaced;
  }

  /**
   * Begins to deliver.
   *
   * @param cursor what the subscriber was told: it has everything up to here, or pulls it
   */
  public void activate(long cursor) {
    channel.startsAt(cursor);
    synchronized (this) {
      pending = false;
      delivered = cursor;
      noted.tailMap(cursor, false).values().forEach(this::send);
      noted = new TreeMap<>();
    }
  }

  /** Gives up a pending subscription; one that it was to replace goes on and misses nothing. */
  public void cancel() {
    if (replaced == null) {
      channel.remove(this);
      return;
    }
    channel.restore(this, replaced);
    NavigableMap<Long, Announcement> missed;
    synchronized (this) {
      missed = noted;
      noted = new TreeMap<>();
    }
    missed.values().forEach(replaced::deliver);
  }

  RpcConnection connection() {
    return connection;
  }

  synchronized void deliver(Announcement announcement) {
    if (!pending) {
      if (announcement.cursor() > delivered) {
        send(announcement);
      }
    } else if (noted.size() < NOTED_AT_MOST) {
      noted.put(announcement.cursor(), announcement);
    } else {
      long latest = Math.max(noted.lastKey(), announcement.cursor());
      noted.clear();
      noted.put(latest, new SyncMarker(announcement.space(), latest));
    }
  }

  private void send(Announcement announcement) {
    delivered = announcement.cursor();
    connection.send(announcement.spelled(spelling));
  }
}
