package dev.betterbase.sync.admin;

import static dev.betterbase.sync.admin.SpaceSummaries.number;

import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.inject.Inject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Counts what is stored. It reads whole tables, though not the blobs in them. All methods throw
 * {@link StorageException}.
 */
@Stateless
public class UsageStore {
  private static final String RECORDS =
      "select r.deleted, count(r.id), sum(FUNCTION('pg_catalog.octet_length', r.blob))"
          + " from RecordEntity r group by r.deleted";

  private static final String FILES =
      "select f.deleted, count(f.id), sum(f.size) from FileEntity f group by f.deleted";

  private static final String MOST_RECORD_BYTES =
      "select r.spaceId, sum(FUNCTION('pg_catalog.octet_length', r.blob)) as bytes"
          + " from RecordEntity r where r.deleted = false group by r.spaceId"
          + " order by bytes desc, r.spaceId";

  private static final String MOST_FILE_BYTES =
      "select f.spaceId, sum(f.size) as bytes from FileEntity f where f.deleted = false"
          + " group by f.spaceId order by bytes desc, f.spaceId";

  private static final String BY_ID = SpaceRow.SELECT + " and s.id in :ids";

  // The statistics of PostgreSQL are no entities.
  private static final String TABLES =
      "select cast(relname as text), n_live_tup, n_dead_tup, pg_total_relation_size(relid) as bytes"
          + " from pg_stat_user_tables where schemaname = current_schema()"
          + " order by bytes desc, relname";

  @Inject private Entities entities;

  /** For the container. */
  public UsageStore() {}

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public UsageStore(Entities entities) {
    this.entities = entities;
  }

  /**
   * How much is stored.
   *
   * @param largest the number of largest spaces that are named
   */
  public Usage usage(int largest) {
    return entities.run(
        "sum up usage",
        session ->
            new Usage(
                totals(session),
                largest(session, MOST_RECORD_BYTES, largest),
                largest(session, MOST_FILE_BYTES, largest),
                tables(session)));
  }

  /** The rows of a table: how many are live, their bytes, and how many are tombstones. */
  private record Sums(long live, long bytes, long tombstones) {
    static Sums of(Entities.Session session, String query) {
      long live = 0;
      long bytes = 0;
      long tombstones = 0;
      for (Object[] row : session.query(query, Object[].class).getResultList()) {
        if ((Boolean) row[0]) {
          tombstones = number(row[1]);
        } else {
          live = number(row[1]);
          bytes = number(row[2]);
        }
      }
      return new Sums(live, bytes, tombstones);
    }
  }

  private static Usage.Totals totals(Entities.Session session) {
    Sums records = Sums.of(session, RECORDS);
    Sums files = Sums.of(session, FILES);
    return new Usage.Totals(
        count(session, "select count(s.id) from SpaceEntity s where s.elsewhere is null"),
        records.live(),
        records.bytes(),
        records.tombstones(),
        files.live(),
        files.bytes(),
        files.tombstones(),
        count(session, "select count(r.fileId) from FileRemovalEntity r"),
        count(session, "select count(i.id) from InvitationEntity i"));
  }

  private static long count(Entities.Session session, String query) {
    return session.query(query, Long.class).getSingleResult();
  }

  private static List<SpaceSummary> largest(Entities.Session session, String query, int atMost) {
    List<UUID> ids =
        session.query(query, Object[].class).setMaxResults(atMost).getResultList().stream()
            .map(row -> (UUID) row[0])
            .toList();
    if (ids.isEmpty()) {
      return List.of();
    }
    Map<UUID, SpaceRow> rows = new HashMap<>();
    session
        .query(BY_ID, SpaceRow.class)
        .setParameter("ids", ids)
        .getResultList()
        .forEach(row -> rows.put(row.id(), row));
    return SpaceSummaries.of(
        session, ids.stream().map(rows::get).filter(Objects::nonNull).toList());
  }

  private static List<Usage.Table> tables(Entities.Session session) {
    Stream<?> rows = session.sql(TABLES).getResultStream();
    return rows.map(Object[].class::cast)
        .map(
            row -> new Usage.Table((String) row[0], number(row[1]), number(row[2]), number(row[3])))
        .toList();
  }
}
