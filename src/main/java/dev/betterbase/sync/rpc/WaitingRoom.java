package dev.betterbase.sync.rpc;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.protocol.Close;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
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
 * fewer. So nobody is kept out by many connections from one other address.
 *
 * <p>There are no more places than a small heap can bear. Each connection that waits takes as much
 * memory as one that works, so the collector would move megabytes for a crowd that comes and goes,
 * while everyone else waits. Clients who mean well hold a place for a moment only.
 */
final class WaitingRoom {

  /** A handshake that brings no connection within this time has failed silently. */
  private static final Duration RESERVED = Duration.ofSeconds(10);

  private static final long BYTES_OF_PLACE = 1024 * 1024;

  private final int places;
  private final LongSupplier nanoTime;

  /** The connections that wait, in the order in which they came. */
  private final Map<RpcConnection, ClientAddress> waiting = new LinkedHashMap<>();

  /** The reserved places, in the order in which they were reserved. */
  private final ArrayDeque<Reservation> reserved = new ArrayDeque<>();

  /** The number of places of each address, reserved ones included. */
  private final Map<ClientAddress, Integer> held = new HashMap<>();

  private record Reservation(ClientAddress address, long since) {}

  /**
   * @param places the most connections that wait at a time
   * @param nanoTime the clock of the reservations, as {@link System#nanoTime}
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
    synchronized (this) {
      forgetFailed();
      if (waiting.size() + reserved.size() >= places) {
        displaced = displaceFor(address);
        if (displaced == null) {
          return false;
        }
      }
      reserved.add(new Reservation(address, nanoTime.getAsLong()));
      held.merge(address, 1, Integer::sum);
    }
    // Outside of the lock, because closing calls leave(), and much else.
    if (displaced != null) {
      displaced.closeInOrder(Close.CROWDED_OUT);
    }
    return true;
  }

  private void forgetFailed() {
    long now = nanoTime.getAsLong();
    while (!reserved.isEmpty() && now - reserved.getFirst().since() >= RESERVED.toNanos()) {
      release(reserved.removeFirst().address());
    }
  }

  /** Takes a place from the address with the most; null if no address has more than this one. */
  private @Nullable RpcConnection displaceFor(ClientAddress address) {
    int most = held.getOrDefault(address, 0);
    if (held.values().stream().noneMatch(count -> count > most)) {
      return null;
    }
    RpcConnection found = null;
    int foundHas = most;
    for (Map.Entry<RpcConnection, ClientAddress> each : waiting.entrySet()) {
      int has = held.getOrDefault(each.getValue(), 0);
      if (has > foundHas && each.getKey().isWaitingForAuth()) {
        found = each.getKey();
        foundHas = has;
      }
    }
    if (found != null) {
      leave(found);
    }
    return found;
  }

  /** Gives back a reserved place: the handshake was not completed. */
  synchronized void withdraw(ClientAddress address) {
    for (Iterator<Reservation> all = reserved.iterator(); all.hasNext(); ) {
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
    waiting.put(connection, address);
    held.merge(address, 1, Integer::sum);
  }

  /** The number of connections that wait. */
  synchronized int size() {
    return waiting.size();
  }

  /** Gives the connection's place back, if it has one. */
  synchronized void leave(RpcConnection connection) {
    ClientAddress address = waiting.remove(connection);
    if (address != null) {
      release(address);
    }
  }

  private void release(ClientAddress address) {
    held.computeIfPresent(address, (same, count) -> count == 1 ? null : count - 1);
  }
}
