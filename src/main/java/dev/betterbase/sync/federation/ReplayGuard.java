package dev.betterbase.sync.federation;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers the signatures that were good, so that none is good twice (auth.md, HTTP signature).
 * Each peer fills a share of its own.
 */
final class ReplayGuard {

  /**
   * Signatures of one peer: it opens a few connections in ten minutes, and one that shows so many
   * is let in no more until the first have expired.
   */
  static final int PER_PEER = 5_000;

  /** By peer: signature to the second until which it is kept. */
  private final Map<String, Map<ByteBuffer, Long>> seen = new HashMap<>();

  /**
   * Notes a signature that was verified.
   *
   * @param until the second until which it would be good
   * @param now in seconds
   * @return false where it was seen before, or the peer has shown too many
   */
  synchronized boolean isFirst(String peer, byte[] signature, long until, long now) {
    Map<ByteBuffer, Long> own = seen.computeIfAbsent(peer, unused -> new LinkedHashMap<>());
    if (own.size() >= PER_PEER) {
      own.values().removeIf(end -> end < now);
    }
    if (own.size() >= PER_PEER) {
      return false;
    }
    return own.putIfAbsent(ByteBuffer.wrap(signature), until) == null;
  }
}
