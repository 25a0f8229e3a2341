package dev.betterbase.sync.rpc;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.protocol.Close;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections of this node that have not authenticated yet; bounded (protocol.md, Connecting).
 *
 * <p>A place is reserved before the upgrade, when a refusal can still be a 503. The connection
 * takes the place once it is open.
 *
 * <p>Each address has a fair share. When there is no place, a client gets that of the connection
 * that has waited longest among those of the address with most places, if its own address has
 * fewer. So nobody is kept out by many connections from one other address. A crowd of many
 * addresses has about one place each. A client that has none gets one of these too, but only after
 * its holder has had {@link #TURN} to send a first frame. Without that, many who come at once would
 * put each other out before any of them could.
 *
 * <p>There are no more places than a small heap can bear. Each connection that waits takes as much
 * memory as one that works, so the collector would move megabytes for a crowd that comes and goes,
 * while everyone else waits. Clients who mean well hold a place for a moment only. A connection
 * that was closed takes its memory until its peer has answered, so there is a bound on these too.
 */
final class WaitingRoom {

  /** A handshake that brings no connection within this time has failed silently. */
  private static final Duration RESERVED = Duration.ofSeconds(10);

  /**
   * The time that a connection has for its first frame before it gives way to an address that would
   * then have as many places as its own has now.
   */
  static final Duration TURN = Duration.ofMillis(500);

  private static final long BYTES_OF_PLACE = 1024 * 1024;

  /** For so many places, one closed connection may wait for its peer to answer. */
  private static final int PLACES_OF_LEAVING = 4;

  private final int places;
  private final LongSupplier nanoTime;

  /** The connections that wait, in the order in which they came. */
  private final Map<RpcConnection, Place> waiting = new LinkedHashMap<>();

  /** The reserved places, in the order in which they were reserved. */
  private final ArrayDeque<Place> reserved = new ArrayDeque<>();

  /** The number of places of each address, reserved ones included. */
  private final Map<ClientAddress, Integer> held = new HashMap<>();

  /**
   * The connections that are being closed without having authenticated, the first of them first.
   */
  private final SequencedSet<RpcConnection> leaving = new LinkedHashSet<>();

  private record Place(ClientAddress address, long since) {}

  /**
   * @param places the most connections that wait at a time
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  WaitingRoom(int places, LongSupplier nanoTime) {
    this.places = places;
    this.nanoTime = nanoTime;
  }

  /**
   * The number of places: one for each MiB of the heap, of which they take a 60th then.
   *
   * @param atMost MAX_UNAUTHENTICATED
   * @param heap in bytes
   */
  static int places(int atMost, long heap) {
    return Math.clamp(heap / BYTES_OF_PLACE, 1, atMost);
  }

  /**
   * Reserves a place for a handshake. This may close the connection of another address, which comes
   * back as after any other close with 1001.
   *
   * @return false if the address has its share
   */
  boolean reserve(ClientAddress address) {
    RpcConnection displaced = null;
    RpcConnection late = null;
    synchronized (this) {
      long now = nanoTime.getAsLong();
      forgetFailed(now);
      if (waiting.size() + reserved.size() >= places) {
        displaced = displaceFor(address, now);
        if (displaced == null) {
          return false;
        }
        late = moveOut(displaced);
      }
      reserved.add(new Place(address, now));
      held.merge(address, 1, Integer::sum);
    }
    // Outside of the lock, because closing calls showOut(), and much else.
    if (displaced != null) {
      displaced.closeInOrder(Close.CROWDED_OUT);
    }
    if (late != null) {
      late.cut();
    }
    return true;
  }

  private void forgetFailed(long now) {
    while (!reserved.isEmpty() && now - reserved.getFirst().since() >= RESERVED.toNanos()) {
      release(reserved.removeFirst().address());
    }
  }

  /** Takes a place from the address with the most; null if this one has its share. */
  private @Nullable RpcConnection displaceFor(ClientAddress address, long now) {
    int most = held.getOrDefault(address, 0);
    if (held.values().stream().noneMatch(count -> count > most)) {
      return null;
    }
    int fair = most + 1;
    RpcConnection found = null;
    int foundHas = most;
    for (Map.Entry<RpcConnection, Place> each : waiting.entrySet()) {
      Place place = each.getValue();
      int has = held.getOrDefault(place.address(), 0);
      boolean mayGo = has > fair || now - place.since() >= TURN.toNanos();
      if (has > foundHas && mayGo && each.getKey().isWaitingForAuth()) {
        found = each.getKey();
        foundHas = has;
      }
    }
    return found;
  }

  /** Gives back a reserved place: the handshake was not completed. */
  synchronized void withdraw(ClientAddress address) {
    for (Iterator<Place> all = reserved.iterator(); all.hasNext(); ) {
      if (all.next().address().equals(address)) {
        all.remove();
        release(address);
        return;
      }
    }
  }

  /** A connection takes the place that was reserved for its address. */
  synchronized void enter(RpcConnection connection, ClientAddress address) {
    withdraw(address);
    waiting.put(connection, new Place(address, nanoTime.getAsLong()));
    held.merge(address, 1, Integer::sum);
  }

  /** The number of connections that wait. */
  synchronized int size() {
    return waiting.size();
  }

  /** The connection has authenticated or is gone: gives its place back, if it has one. */
  synchronized void leave(RpcConnection connection) {
    vacate(connection);
    leaving.remove(connection);
  }

  /**
   * The connection is being closed: gives its place back, if it has one. When a quarter as many as
   * there are places wait for their peers to answer, the first of these waits no longer.
   */
  void showOut(RpcConnection connection) {
    RpcConnection late;
    synchronized (this) {
      late = moveOut(connection);
    }
    if (late != null) {
      late.cut();
    }
  }

  /** Moves a connection that waits to those that leave, of which one may have to be cut then. */
  private @Nullable RpcConnection moveOut(RpcConnection connection) {
    if (!vacate(connection)) {
      return null;
    }
    leaving.add(connection);
    return leaving.size() > Math.max(1, places / PLACES_OF_LEAVING) ? leaving.removeFirst() : null;
  }

  private boolean vacate(RpcConnection connection) {
    Place place = waiting.remove(connection);
    if (place == null) {
      return false;
    }
    release(place.address());
    return true;
  }

  private void release(ClientAddress address) {
    held.computeIfPresent(address, (same, count) -> count == 1 ? null : count - 1);
  }
}
