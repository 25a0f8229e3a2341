package dev.betterbase.sync.invitation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.protocol.CborWriter;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;

/**
 * An invitation in a mailbox.
 *
 * @param payload opaque text
 * @param createdAt in microseconds, as PostgreSQL stores it
 */
public record Invitation(UUID id, String payload, Instant createdAt, Instant expiresAt) {
  /** From a row. */
  public Invitation(UUID id, byte[] payload, OffsetDateTime createdAt, OffsetDateTime expiresAt) {
    this(id, new String(payload, UTF_8), createdAt.toInstant(), expiresAt.toInstant());
  }

  /** Writes {@code {id, payload, created_at, expires_at}}, with times in UTC as in RFC 3339. */
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
