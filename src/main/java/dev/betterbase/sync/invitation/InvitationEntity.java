package dev.betterbase.sync.invitation;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.util.UUID;

/** A row of invitations. */
@Entity
@Table(name = "invitations")
class InvitationEntity {
  @Id
  @Column(nullable = false)
  UUID id;

  /** 64 lower-case hex digits. */
  @Column(name = "mailbox_id", nullable = false, length = 64, columnDefinition = "bpchar(64)")
  String mailboxId;

  /** UTF-8. */
  @Column(nullable = false)
  byte[] payload;

  @Column(name = "created_at", nullable = false)
  OffsetDateTime createdAt;

  @Column(name = "expires_at", nullable = false)
  OffsetDateTime expiresAt;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected InvitationEntity() {}
}
