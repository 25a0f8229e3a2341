package dev.betterbase.sync.rpc;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The connections of this node that have not authenticated yet; bounded (protocol.md, Connecting).
 *
 * <p>A place is reserved before the upgrade, when a refusal can still be a 503, and taken by the
 * connection once it is open.
 */
final class WaitingRoom {

  /** A handshake that brings no connection within this time has failed without a word. */
  private static final long RESERVED_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final int places;
  private final LongSupplier nanoTime;
  private final Set<RpcConnection> waiting = new HashSet<>();

  /** When each place was reserved, oldest first; which handshake had which does not matter. */
  private final ArrayDeque<Long> reserved = new ArrayDeque<>();

  /**
   * @param places how many may wait at a time
   * @param nanoTime the clock of the reservations
   */
  WaitingRoom(int places, LongSupplier nanoTime) {
    this.places = places;
    this.nanoTime = nanoTime;
  }

  /** Reserves a place for a handshake; false where none is free. */
  synchronized boolean reserve() {
    long now = nanoTime.getAsLong();
    while (!reserved.isEmpty() && now - reserved.peek() >= RESERVED_NANOS) {
      reserved.remove();
    }
    if (waiting.size() + reserved.size() >= places) {
      return false;
    }
    reserved.add(now);
    return true;
  }

  /** Gives back a reserved place: the handshake was not completed. */
  synchronized void withdraw() {
    reserved.poll();
  }

  /** A connection takes its reserved place. */
  synchronized void enter(RpcConnection connection) {
    reserved.poll();
    waiting.add(connection);
  }

  /** Gives the place back. A connection that has none is passed over. */
  synchronized void leave(RpcConnection connection) {
    waiting.remove(connection);
  }
}
