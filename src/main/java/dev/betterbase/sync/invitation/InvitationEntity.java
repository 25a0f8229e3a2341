package dev.betterbase.sync.invitation;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;

/** A row of invitations, for reading. */
@Entity
@Table(name = "invitations")
class InvitationEntity {
  @Id private UUID id;

  @Column(name = "mailbox_id")
  private String mailboxId;

  private byte[] payload;

  @Column(name = "created_at")
  private OffsetDateTime createdAt;

  @Column(name = "expires_at")
  private OffsetDateTime expiresAt;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected InvitationEntity() {}

  /** Whether it lies in that mailbox and is good at that time. */
  boolean isFor(String mailbox, Instant now) {
    return mailboxId.equals(mailbox) && expiresAt.toInstant().isAfter(now);
  }

  Invitation toInvitation() {
    return new Invitation(
        id, new String(payload, UTF_8), createdAt.toInstant(), expiresAt.toInstant());
  }
}
