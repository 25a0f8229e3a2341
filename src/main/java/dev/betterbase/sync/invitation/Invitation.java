package dev.betterbase.sync.invitation;

import dev.betterbase.sync.protocol.CborWriter;
import java.time.Instant;
import java.util.UUID;

/**
 * An invitation as it lies in a mailbox.
 *
 * @param payload opaque text
 * @param createdAt with microseconds at most, as PostgreSQL has them
 */
public record Invitation(UUID id, String payload, Instant createdAt, Instant expiresAt) {
  /** Writes {@code {id, payload, created_at, expires_at}}; times as RFC 3339 has them, in UTC. */
  void write(CborWriter writer) {
    writer
        .beginMap(4)
        .field("id", id.toString())
        .field("payload", payload)
        .field("created_at", createdAt.toString())
        .field("expires_at", expiresAt.toString())
        .endMap();
  }
}
