package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.SpaceId;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of spaces, for reading: what changes a space does so under the row's lock, in statements of
 * its own (storage.md, Guarantees). created_at and updated_at are the database's business.
 */
@Entity
@Table(name = "spaces")
class SpaceEntity {
  @Id private UUID id;

  @Column(name = "root_public_key")
  private byte @Nullable [] rootPublicKey;

  @Column(name = "key_generation")
  private int keyGeneration;

  @Column(name = "min_key_generation")
  private int minKeyGeneration;

  @Column(name = "metadata_version")
  private int metadataVersion;

  private long cursor;

  @Column(name = "rewrap_epoch")
  private @Nullable Integer rewrapEpoch;

  @Column(name = "home_server")
  private @Nullable String homeServer;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected SpaceEntity() {}

  Space toSpace() {
    return new Space(
        new SpaceId(id),
        rootPublicKey,
        keyGeneration,
        minKeyGeneration,
        metadataVersion,
        cursor,
        rewrapEpoch,
        homeServer);
  }
}
