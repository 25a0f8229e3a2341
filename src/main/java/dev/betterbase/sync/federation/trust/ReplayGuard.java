package dev.betterbase.sync.federation.trust;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers the signatures that were good, so that none is good twice (auth.md, HTTP signature).
 * Each peer fills a share of its own.
 */
final class ReplayGuard {

  private final int perPeer;

  /** By peer: signature to the second until which it is kept. */
  private final Map<String, Map<ByteBuffer, Long>> seen = new HashMap<>();

  /**
   * @param perPeer signatures of one peer that are kept: one that shows more is let in no more
   *     until the first have expired
   */
  ReplayGuard(int perPeer) {
    this.perPeer = perPeer;
  }

  /**
   * Notes a signature that was verified.
   *
   * @param until the second until which it would be good
   * @param now in seconds
   * @return false where it was seen before, or the peer has shown too many
   */
  synchronized boolean isFirst(String peer, byte[] signature, long until, long now) {
    Map<ByteBuffer, Long> own = seen.computeIfAbsent(peer, unused -> new LinkedHashMap<>());
    // The oldest come first. A clock that jumps leaves some behind, which are looked for when full.
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
