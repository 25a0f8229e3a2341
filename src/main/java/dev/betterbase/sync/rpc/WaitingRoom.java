package dev.betterbase.sync.rpc;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connections of this node that have not authenticated yet; bounded (protocol.md, Connecting).
 */
final class WaitingRoom {

  private final int places;
  private final AtomicInteger taken = new AtomicInteger();
  private final Set<RpcConnection> waiting = ConcurrentHashMap.newKeySet();

  /**
   * @param places how many may wait at a time
   */
  WaitingRoom(int places) {
    this.places = places;
  }

  /** Whether another handshake would find no place. */
  boolean isFull() {
    return taken.get() >= places;
  }

  /** Takes a place; false where handshakes that overlapped took the last one. */
  boolean enter(RpcConnection connection) {
    if (taken.incrementAndGet() > places) {
      taken.decrementAndGet();
      return false;
    }
    waiting.add(connection);
    return true;
  }

  /** Gives the place back. A connection that has none is passed over. */
  void leave(RpcConnection connection) {
    if (waiting.remove(connection)) {
      taken.decrementAndGet();
    }
  }
}
