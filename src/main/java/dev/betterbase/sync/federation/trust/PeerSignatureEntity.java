package dev.betterbase.sync.federation.trust;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;

/** A row of peer_signatures. */
@Entity
@Table(name = "peer_signatures")
class PeerSignatureEntity {
  /** An Ed25519 signature, 64 bytes. */
  @Id
  @Column(nullable = false)
  byte[] signature;

  @Column(name = "valid_until", nullable = false)
  OffsetDateTime validUntil;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected PeerSignatureEntity() {}
}
