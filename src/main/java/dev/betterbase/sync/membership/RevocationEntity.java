package dev.betterbase.sync.membership;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.util.UUID;

/**
 * A row of revocations. For reading only: a database function revokes, behind the lock of the
 * space.
 */
@Entity
@Table(name = "revocations")
@IdClass(RevocationEntity.Key.class)
class RevocationEntity {
  /** The unique key of the table, which has no primary key. */
  record Key(UUID spaceId, String ucanCid) {}

  @Id
  @Column(name = "space_id", nullable = false)
  UUID spaceId;

  /** 64 lower-case hex digits. */
  @Id
  @Column(name = "ucan_cid", nullable = false)
  String ucanCid;

  @Column(name = "revoked_at", nullable = false)
  OffsetDateTime revokedAt;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected RevocationEntity() {}
}
