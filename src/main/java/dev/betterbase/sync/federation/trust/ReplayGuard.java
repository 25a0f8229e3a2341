package dev.betterbase.sync.federation.trust;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers accepted signatures, so that none is accepted twice (auth.md, HTTP signature). Each
 * peer has its own share of the memory.
 */
final class ReplayGuard {

  private final int perPeer;

  /** By peer: each signature with the second at which it expires. */
  private final Map<String, Map<ByteBuffer, Long>> seen = new HashMap<>();

  /**
   * @param perPeer the most signatures kept for one peer; further ones are refused until the oldest
   *     expire
   */
  ReplayGuard(int perPeer) {
    this.perPeer = perPeer;
  }

  /**
   * Records a verified signature.
   *
   * @param until the second until which the signature is valid
   * @param now in seconds
   * @return false if the signature was seen before, or the peer has too many
   */
  synchronized boolean isFirst(String peer, byte[] signature, long until, long now) {
    Map<ByteBuffer, Long> own = seen.computeIfAbsent(peer, unused -> new LinkedHashMap<>());
    // The oldest come first. After a clock jump expired ones may remain among later ones; they are
    // removed when the share is full.
    for (Iterator<Long> ends = own.values().iterator(); ends.hasNext() && ends.next() < now; ) {
      ends.remove();
    }
    if (own.size() >= perPeer) {
      own.values().removeIf(end -> end < now);
    }
    if (own.size() >= perPeer) {
      return false;
    }
    return own.putIfAbsent(ByteBuffer.wrap(signature), until) == null;
  }
}
