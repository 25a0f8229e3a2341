package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.CborWriter;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a space's membership log, as it stands in lists, pulls and notifications alike. The
 * arrays are never changed.
 *
 * @param chainSeq its number, from 1
 * @param prevHash the hash of the entry before, 32 bytes; null in the first
 * @param entryHash SHA-256 of the payload, 32 bytes
 * @param payload opaque
 */
public record MembershipEntry(
    int chainSeq, byte @Nullable [] prevHash, byte[] entryHash, byte[] payload) {

  /** Writes {@code {chain_seq, prev_hash?, entry_hash, payload}}. */
  public void write(CborWriter writer) {
    writer.beginMap(prevHash == null ? 3 : 4).field("chain_seq", chainSeq);
    if (prevHash != null) {
      writer.field("prev_hash", prevHash);
    }
    writer.field("entry_hash", entryHash).field("payload", payload).endMap();
  }

  /** Its bytes but for the frame around them. */
  public long bytes() {
    return (prevHash == null ? 0 : prevHash.length) + (long) entryHash.length + payload.length;
  }
}
