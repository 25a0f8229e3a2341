package dev.betterbase.sync.admin;

import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The columns of the row of a space.
 *
 * @param clientId the client id of the application that made it
 * @param rootPublicKey null if the space is personal
 * @param homeServer null if the space lives here
 */
public record SpaceRow(
    UUID id,
    String clientId,
    byte @Nullable [] rootPublicKey,
    @Nullable String homeServer,
    long cursor,
    int keyGeneration,
    OffsetDateTime createdAt,
    OffsetDateTime updatedAt) {
  /** To be continued with {@code and}. Spaces that are in another database are left out. */
  static final String SELECT =
      "select new dev.betterbase.sync.admin.SpaceRow(s.id, s.clientId, s.rootPublicKey,"
          + " s.homeServer, s.cursor, s.keyGeneration, s.createdAt, s.updatedAt)"
          + " from SpaceEntity s where s.elsewhere is null";
}
