package dev.betterbase.sync.rpc;

import dev.betterbase.sync.rate.RecentCount;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The connections of this node that have not authenticated yet; bounded (protocol.md, Connecting).
 *
 * <p>A place is reserved before the upgrade, when a refusal can still be a 503. The connection
 * takes the place once it is open.
 */
final class WaitingRoom {

  /** A handshake that brings no connection within this time has failed silently. */
  private static final Duration RESERVED = Duration.ofSeconds(10);

  private final int places;
  private final Set<RpcConnection> waiting = new HashSet<>();

  /** The reserved places; it does not matter which handshake has which. */
  private final RecentCount reserved;

  /**
   * @param places how many may wait at a time
   * @param nanoTime the clock of the reservations, as {@link System#nanoTime}
   */
  WaitingRoom(int places, LongSupplier nanoTime) {
    this.places = places;
    this.reserved = new RecentCount(RESERVED, nanoTime);
  }

  /** Reserves a place for a handshake; false if none is free. */
  synchronized boolean reserve() {
    return reserved.permits(places - waiting.size());
  }

  /** Gives back a reserved place: the handshake was not completed. */
  synchronized void withdraw() {
    reserved.forgetOldest();
  }

  /** A connection takes its reserved place. */
  synchronized void enter(RpcConnection connection) {
    reserved.forgetOldest();
    waiting.add(connection);
  }

  /** Gives the connection's place back, if it has one. */
  synchronized void leave(RpcConnection connection) {
    waiting.remove(connection);
  }
}
