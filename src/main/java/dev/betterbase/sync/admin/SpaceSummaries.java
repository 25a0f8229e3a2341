package dev.betterbase.sync.admin;

import dev.betterbase.sync.admin.SpaceSummary.Content;
import dev.betterbase.sync.storage.Entities;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Counts the data in some spaces: three statements, however many spaces there are. */
final class SpaceSummaries {
  /** The length of a blob comes from its header: the blob itself is not read. */
  private static final String RECORDS =
      "select r.spaceId, r.deleted, count(r.id), sum(FUNCTION('pg_catalog.octet_length', r.blob))"
          + " from RecordEntity r where r.spaceId in :spaces group by r.spaceId, r.deleted";

  private static final String FILES =
      "select f.spaceId, count(f.id), sum(f.size) from FileEntity f"
          + " where f.spaceId in :spaces and f.deleted = false group by f.spaceId";

  private static final String ENTRIES =
      "select m.spaceId, count(m.chainSeq) from MemberEntity m"
          + " where m.spaceId in :spaces group by m.spaceId";

  private SpaceSummaries() {}

  /** The summaries of these spaces, in their order. */
  static List<SpaceSummary> of(Entities.Session session, List<SpaceRow> rows) {
    Map<UUID, Content> contents = HashMap.newHashMap(rows.size());
    rows.forEach(row -> contents.put(row.id(), new Content()));
    if (!rows.isEmpty()) {
      for (Object[] row : grouped(session, RECORDS, contents.keySet())) {
        Content content = content(contents, row);
        if ((Boolean) row[1]) {
          content.tombstones = number(row[2]);
        } else {
          content.records = number(row[2]);
          content.recordBytes = number(row[3]);
        }
      }
      for (Object[] row : grouped(session, FILES, contents.keySet())) {
        content(contents, row).files = number(row[1]);
        content(contents, row).fileBytes = number(row[2]);
      }
      for (Object[] row : grouped(session, ENTRIES, contents.keySet())) {
        content(contents, row).entries = number(row[1]);
      }
    }
    return rows.stream()
        .map(row -> SpaceSummary.of(row, Objects.requireNonNull(contents.get(row.id()))))
        .toList();
  }

  private static List<Object[]> grouped(
      Entities.Session session, String query, Collection<UUID> spaces) {
    return session.query(query, Object[].class).setParameter("spaces", spaces).getResultList();
  }

  private static Content content(Map<UUID, Content> contents, Object[] row) {
    return Objects.requireNonNull(contents.get((UUID) row[0]));
  }

  /** A count or a sum, in whatever type the provider gives it; the sum of nothing is null. */
  static long number(@Nullable Object value) {
    return value == null ? 0 : ((Number) value).longValue();
  }
}
