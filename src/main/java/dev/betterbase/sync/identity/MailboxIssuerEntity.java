package dev.betterbase.sync.identity;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A row of mailbox_issuers: the issuer that a mailbox belongs to. It never changes. */
@Entity
@Table(name = "mailbox_issuers")
class MailboxIssuerEntity {
  /** 64 lower-case hex digits. */
  @Id
  @Column(name = "mailbox_id", nullable = false, length = 64, columnDefinition = "bpchar(64)")
  String mailboxId;

  /** Without trailing slashes. */
  @Column(nullable = false)
  String issuer;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected MailboxIssuerEntity() {}
}
