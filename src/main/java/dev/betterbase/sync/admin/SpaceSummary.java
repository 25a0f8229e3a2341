package dev.betterbase.sync.admin;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A space and the amounts of data in it.
 *
 * @param shared whether it is a shared space; otherwise it is someone's personal space
 * @param clientId the client id of the application that made it
 * @param home the server where it lives; empty if that is this one
 * @param records live records, without tombstones
 * @param recordBytes the bytes of their blobs
 * @param tombstones deleted records
 * @param files live files
 * @param fileBytes their bytes
 * @param entries the entries of its membership log
 */
public record SpaceSummary(
    UUID id,
    boolean shared,
    String clientId,
    Optional<String> home,
    long cursor,
    int keyGeneration,
    Instant createdAt,
    Instant updatedAt,
    long records,
    long recordBytes,
    long tombstones,
    long files,
    long fileBytes,
    long entries) {

  static SpaceSummary of(SpaceRow row, Content content) {
    return new SpaceSummary(
        row.id(),
        row.rootPublicKey() != null,
        row.clientId(),
        Optional.ofNullable(row.homeServer()),
        row.cursor(),
        row.keyGeneration(),
        row.createdAt().toInstant(),
        row.updatedAt().toInstant(),
        content.records,
        content.recordBytes,
        content.tombstones,
        content.files,
        content.fileBytes,
        content.entries);
  }

  /** The counts of one space. */
  static final class Content {
    long records;
    long recordBytes;
    long tombstones;
    long files;
    long fileBytes;
    long entries;
  }
}
