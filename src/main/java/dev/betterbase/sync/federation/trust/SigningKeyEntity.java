package dev.betterbase.sync.federation.trust;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** A row of federation_signing_keys. */
@Entity
@Table(name = "federation_signing_keys")
class SigningKeyEntity {
  @Id
  @Column(nullable = false)
  String kid;

  /** The seed of an Ed25519 key, 32 bytes, or 69 if it is sealed ({@link KeySeal}). */
  @Column(name = "private_key", nullable = false)
  byte[] privateKey;

  /** An Ed25519 key, 32 bytes. */
  @Column(name = "public_key", nullable = false)
  byte[] publicKey;

  @Column(name = "created_at", nullable = false)
  OffsetDateTime createdAt;

  /** Whether peers find the key in the key set. */
  @Column(name = "is_active", nullable = false)
  boolean active;

  /** Whether this server signs by the key; at most one is the primary. */
  @Column(name = "is_primary", nullable = false)
  boolean primary;

  @Column(name = "deactivated_at")
  @Nullable OffsetDateTime deactivatedAt;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected SigningKeyEntity() {}
}
