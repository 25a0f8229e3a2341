package dev.betterbase.sync.file;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.util.UUID;

/** A row of file_removals: a file whose bytes are to be removed from the storage. */
@Entity
@Table(name = "file_removals")
@IdClass(FileRemovalEntity.Key.class)
class FileRemovalEntity {
  /** The primary key. */
  record Key(UUID spaceId, UUID fileId) {}

  @Id
  @Column(name = "space_id", nullable = false)
  UUID spaceId;

  @Id
  @Column(name = "file_id", nullable = false)
  UUID fileId;

  @Column(name = "requested_at", nullable = false)
  OffsetDateTime requestedAt;

  /** The bytes stay until then, and for as long as the file has a row. */
  @Column(name = "due_at", nullable = false)
  OffsetDateTime dueAt;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected FileRemovalEntity() {}
}
