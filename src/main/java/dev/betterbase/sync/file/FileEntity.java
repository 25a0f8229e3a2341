package dev.betterbase.sync.file;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.util.UUID;

/**
 * A row of files. For reading only: rows are added and deleted by database functions, behind the
 * lock of the space.
 */
@Entity
@Table(name = "files")
@IdClass(FileEntity.Key.class)
class FileEntity {
  /** The primary key: a client chooses the id, so it is unique within its space only. */
  record Key(UUID spaceId, UUID id) {}

  @Id
  @Column(name = "space_id", nullable = false)
  UUID spaceId;

  @Id
  @Column(nullable = false)
  UUID id;

  /** In bytes; 0 in a tombstone. */
  @Column(nullable = false)
  long size;

  /** The epoch, 4 bytes, and the wrapped key, 40 bytes; empty in a tombstone. */
  @Column(name = "wrapped_dek", nullable = false)
  byte[] wrappedDek;

  @Column(name = "record_id", nullable = false)
  UUID recordId;

  @Column(nullable = false)
  long cursor;

  @Column(nullable = false)
  boolean deleted;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected FileEntity() {}
}
