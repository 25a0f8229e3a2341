package dev.betterbase.sync.space;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of spaces. For reading only: every change of a space runs in a database function, which
 * takes the row's lock first (storage.md, Guarantees).
 */
@Entity
@Table(name = "spaces")
class SpaceEntity {
  @Id
  @Column(nullable = false)
  UUID id;

  @Column(name = "client_id", nullable = false)
  String clientId;

  @Column(name = "root_public_key")
  byte @Nullable [] rootPublicKey;

  @Column(name = "key_generation", nullable = false)
  int keyGeneration;

  @Column(name = "min_key_generation", nullable = false)
  int minKeyGeneration;

  @Column(name = "metadata_version", nullable = false)
  int metadataVersion;

  @Column(nullable = false)
  long cursor;

  @Column(name = "created_at", nullable = false)
  OffsetDateTime createdAt;

  /** Kept by a trigger of the database. */
  @Column(name = "updated_at", nullable = false)
  OffsetDateTime updatedAt;

  @Column(name = "rewrap_epoch")
  @Nullable Integer rewrapEpoch;

  @Column(name = "home_server")
  @Nullable String homeServer;

  /** The bytes of its blobs and files; null if they are not counted. */
  @Column(name = "used_bytes")
  @Nullable Long usedBytes;

  /** The pseudonym of the person for whom it counts, 64 hex digits; null if for nobody. */
  @Column(name = "owner_hash", length = 64, columnDefinition = "bpchar(64)")
  @Nullable String ownerHash;

  /** {@code left} or {@code arriving} if the space is in another database; null where it is. */
  @Column(name = "elsewhere")
  @Nullable String elsewhere;

  /** The number of its last move between databases; null if there was none. */
  @Column(name = "move")
  @Nullable Integer move;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected SpaceEntity() {}
}
