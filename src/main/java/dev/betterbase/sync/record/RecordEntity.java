package dev.betterbase.sync.record;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of records. For reading only, and a few rows at a time: a push and a pull are one statement
 * each (RecordStore, PullReader).
 */
@Entity
@Table(name = "records")
@IdClass(RecordEntity.Key.class)
class RecordEntity {
  /** The primary key: a client chooses the id, so it is unique within its space only. */
  record Key(UUID spaceId, UUID id) {}

  @Id
  @Column(name = "space_id", nullable = false)
  UUID spaceId;

  @Id
  @Column(nullable = false)
  UUID id;

  /** Null in a tombstone. */
  @Column byte @Nullable [] blob;

  @Column(nullable = false)
  long cursor;

  /** The epoch, 4 bytes, and the wrapped key, 40 bytes. */
  @Column(name = "wrapped_dek")
  byte @Nullable [] wrappedDek;

  @Column(nullable = false)
  boolean deleted;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected RecordEntity() {}
}
