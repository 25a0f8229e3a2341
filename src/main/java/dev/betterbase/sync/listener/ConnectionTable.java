package dev.betterbase.sync.listener;

import dev.betterbase.sync.address.ClientAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The TCP connections to a listener, with what they may cost before the server knows a request:
 * their number, the memory of request headers that are not complete, and the time that a header may
 * take. Each address has a fair share of scarce places: nobody is refused while there is room, and
 * when there is none, the address with most gives way.
 *
 * @param <C> a connection
 */
final class ConnectionTable<C> {

  /**
   * The memory that a part of a header takes besides its bytes. A client that sends a header byte
   * by byte would otherwise cost a hundred times the counted bytes.
   */
  private static final int PART_BYTES = 256;

  private final Bounds bounds;
  private final LongSupplier nanoTime;
  private final Server<C> server;

  private final Map<C, Entry<C>> entries = new ConcurrentHashMap<>();
  private final Map<ClientAddress, Share<C>> shares = new HashMap<>();
  private long headerBytes;

  /**
   * @param connections the most connections at a time
   * @param perAddress the most of them from one address
   * @param headerBytes the memory of all headers that are not complete, in bytes
   * @param headerTime the longest that the header of a request may take, from its first byte; the
   *     first header of a connection from its beginning
   */
  record Bounds(long connections, long perAddress, long headerBytes, Duration headerTime) {}

  /** The reasons for closing a connection. */
  enum Refusal {
    TOO_MANY,
    TOO_MANY_OF_ADDRESS,
    HEADER_MEMORY,
    HEADER_TOO_SLOW
  }

  /** The operations of the server on a connection. */
  interface Server<C> {
    /** Closes a connection at once; may call {@link ConnectionTable#closed}. */
    void close(C connection, Refusal reason);

    /** Whether bytes have come that the server has not read, because its threads are busy. */
    boolean hasUnread(C connection);
  }

  private enum Phase {
    /** The header of a request is awaited or incomplete. */
    HEADER,
    /** A request is being answered, or the connection is a WebSocket. */
    REQUEST,
    /** Kept alive after a request. */
    IDLE
  }

  private static final class Entry<C> {
    final C connection;
    final ClientAddress address;
    volatile Phase phase = Phase.HEADER;
    volatile long since;
    long bytes;
    int parts;

    Entry(C connection, ClientAddress address, long now) {
      this.connection = connection;
      this.address = address;
      this.since = now;
    }
  }

  /** The connections of one address, in the order in which they came. */
  private static final class Share<C> {
    final Set<Entry<C>> entries = new LinkedHashSet<>();
    long headerBytes;
  }

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  ConnectionTable(Bounds bounds, LongSupplier nanoTime, Server<C> server) {
    this.bounds = bounds;
    this.nanoTime = nanoTime;
    this.server = server;
  }

  /** A client has connected. */
  void accepted(C connection, ClientAddress address) {
    Refusal refusal = Refusal.TOO_MANY;
    C refused = connection;
    synchronized (this) {
      Share<C> share = shares.get(address);
      int has = share == null ? 0 : share.entries.size();
      Entry<C> displaced = null;
      if (has >= bounds.perAddress()) {
        refusal = Refusal.TOO_MANY_OF_ADDRESS;
      } else if (entries.size() < bounds.connections()) {
        refused = null;
      } else {
        displaced = displaceFor(has);
        refused = displaced == null ? connection : displaced.connection;
      }
      if (refused != connection) {
        var entry = new Entry<>(connection, address, nanoTime.getAsLong());
        entries.put(connection, entry);
        shares.computeIfAbsent(address, unused -> new Share<>()).entries.add(entry);
      }
    }
    // Outside of the lock, because closing calls closed(), and the server.
    if (refused != null) {
      server.close(refused, refusal);
    }
  }

  /**
   * Takes the place of a connection without a request, from the address with the most connections.
   *
   * @param has the number of connections of the newcomer's address
   * @return null if no address that has more can give one up
   */
  private @Nullable Entry<C> displaceFor(int has) {
    Entry<C> found = null;
    int most = has;
    for (Share<C> share : shares.values()) {
      if (share.entries.size() > most) {
        Entry<C> free =
            share.entries.stream()
                .filter(entry -> entry.phase != Phase.REQUEST)
                .findFirst()
                .orElse(null);
        if (free != null) {
          found = free;
          most = share.entries.size();
        }
      }
    }
    if (found != null) {
      remove(found);
    }
    return found;
  }

  /** Whether the next bytes belong to a header. Asked for each message, so it takes no lock. */
  boolean isInHeader(C connection) {
    Entry<C> entry = entries.get(connection);
    return entry != null && entry.phase != Phase.REQUEST;
  }

  /**
   * Bytes of a header have come in.
   *
   * @param waiting the number of bytes of the header that have come so far
   */
  void received(C connection, int waiting) {
    Entry<C> entry = entries.get(connection);
    if (entry == null || entry.phase == Phase.REQUEST) {
      return;
    }
    List<C> refused = new ArrayList<>();
    synchronized (this) {
      if (entries.get(connection) != entry) {
        return;
      }
      if (entry.phase == Phase.IDLE) {
        entry.phase = Phase.HEADER;
        entry.since = nanoTime.getAsLong();
      }
      entry.parts++;
      count(entry, waiting + (long) entry.parts * PART_BYTES);
      while (headerBytes > bounds.headerBytes()) {
        Entry<C> largest = largestHeader();
        remove(largest);
        refused.add(largest.connection);
      }
    }
    refused.forEach(each -> server.close(each, Refusal.HEADER_MEMORY));
  }

  private void count(Entry<C> entry, long bytes) {
    long more = bytes - entry.bytes;
    entry.bytes = bytes;
    headerBytes += more;
    Share<C> share = shares.get(entry.address);
    if (share != null) {
      share.headerBytes += more;
    }
  }

  /** The largest header of the address whose headers take most. */
  private Entry<C> largestHeader() {
    Share<C> heaviest = null;
    for (Share<C> share : shares.values()) {
      if (heaviest == null || share.headerBytes > heaviest.headerBytes) {
        heaviest = share;
      }
    }
    Entry<C> largest = null;
    if (heaviest != null) {
      for (Entry<C> entry : heaviest.entries) {
        if (largest == null || entry.bytes > largest.bytes) {
          largest = entry;
        }
      }
    }
    if (largest == null) {
      throw new IllegalStateException("there are " + headerBytes + " bytes of no connection");
    }
    return largest;
  }

  /** The header of a request is complete. */
  void headerParsed(C connection) {
    Entry<C> entry = entries.get(connection);
    if (entry == null) {
      return;
    }
    synchronized (this) {
      if (entries.get(connection) == entry) {
        count(entry, 0);
        entry.parts = 0;
        entry.phase = Phase.REQUEST;
      }
    }
  }

  /** A request was answered, and the connection may be used for another one. */
  void answered(C connection) {
    Entry<C> entry = entries.get(connection);
    if (entry == null) {
      return;
    }
    synchronized (this) {
      if (entry.phase == Phase.REQUEST) {
        entry.phase = Phase.IDLE;
      }
    }
  }

  /** A connection is closed, by either side. */
  synchronized void closed(C connection) {
    Entry<C> entry = entries.get(connection);
    if (entry != null) {
      remove(entry);
    }
  }

  private void remove(Entry<C> entry) {
    count(entry, 0);
    entries.remove(entry.connection);
    Share<C> share = shares.get(entry.address);
    if (share != null) {
      share.entries.remove(entry);
      if (share.entries.isEmpty()) {
        shares.remove(entry.address);
      }
    }
  }

  /** Closes the connections whose header takes too long; to be called about once a second. */
  void closeSlow() {
    long now = nanoTime.getAsLong();
    for (Entry<C> entry : entries.values()) {
      // A header that has come in time and was not read yet is not the client's fault.
      if (isSlow(entry, now) && !server.hasUnread(entry.connection) && removeIfSlow(entry, now)) {
        server.close(entry.connection, Refusal.HEADER_TOO_SLOW);
      }
    }
  }

  private synchronized boolean removeIfSlow(Entry<C> entry, long now) {
    if (entries.get(entry.connection) != entry || !isSlow(entry, now)) {
      return false;
    }
    remove(entry);
    return true;
  }

  private boolean isSlow(Entry<C> entry, long now) {
    return entry.phase == Phase.HEADER && now - entry.since >= bounds.headerTime().toNanos();
  }

  /** The connections that are open. */
  List<C> connections() {
    return List.copyOf(entries.keySet());
  }

  /** The number of connections that are open. */
  int size() {
    return entries.size();
  }

  /** The memory of all headers that are not complete, in bytes. */
  synchronized long headerBytes() {
    return headerBytes;
  }
}
