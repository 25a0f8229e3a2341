package dev.betterbase.sync.membership;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of members: an entry of a space's membership log. For reading only: a database function
 * appends entries, behind the lock of the space. An entry never changes and is never deleted.
 */
@Entity
@Table(name = "members")
@IdClass(MemberEntity.Key.class)
class MemberEntity {
  /** The primary key. */
  record Key(UUID spaceId, int chainSeq) {}

  @Id
  @Column(name = "space_id", nullable = false)
  UUID spaceId;

  /** From 1, without gaps. */
  @Id
  @Column(name = "chain_seq", nullable = false)
  int chainSeq;

  /** SHA-256 of the payload before; null in the first entry. */
  @Column(name = "prev_hash")
  byte @Nullable [] prevHash;

  /** SHA-256 of the payload. */
  @Column(name = "entry_hash", nullable = false)
  byte[] entryHash;

  @Column(nullable = false)
  byte[] payload;

  @Column(nullable = false)
  long cursor;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected MemberEntity() {}
}
