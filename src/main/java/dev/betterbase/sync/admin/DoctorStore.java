package dev.betterbase.sync.admin;

import static dev.betterbase.sync.admin.SpaceSummaries.number;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** What {@link Doctor} asks the database. All methods throw {@link StorageException}. */
@Stateless
public class DoctorStore {
  private static final List<String> WITH_CURSORS =
      List.of("RecordEntity", "FileEntity", "MemberEntity");

  private static final String BEYOND =
      "select s.id, s.cursor, max(e.cursor) from SpaceEntity s, %s e where e.spaceId = s.id and"
          + " e.cursor > s.cursor and s.elsewhere is null group by s.id, s.cursor";

  private static final String RAISE =
      "update SpaceEntity s set s.cursor = :cursor where s.id = :id and s.cursor < :cursor";

  /** One statement, and so one snapshot: a writer changes the count and the rows together. */
  private static final String MISCOUNTED =
      "select s.id, s.usedBytes, FUNCTION('space_bytes', s.id) from SpaceEntity s"
          + " where s.usedBytes is not null and s.usedBytes <> FUNCTION('space_bytes', s.id)"
          + " and s.elsewhere is null"
          + " order by s.id";

  // A statement of its own, so that the next one sees all that was committed under the lock.
  private static final String LOCK = "select 1 from spaces where id = ?1 for update";

  private static final String RECOUNT =
      "update spaces set used_bytes = space_bytes(id) where id = ?1 and used_bytes is not null";

  private static final String LEFT_BEHIND =
      "select s.id from SpaceEntity s where s.elsewhere is not null and ("
          + "exists (select r.id from RecordEntity r where r.spaceId = s.id)"
          + " or exists (select m.chainSeq from MemberEntity m where m.spaceId = s.id)"
          + " or exists (select v.ucanCid from RevocationEntity v where v.spaceId = s.id))"
          + " order by s.id";

  private static final String HERE =
      "select s.id from SpaceEntity s where s.elsewhere is null and s.id > :after order by s.id";

  private static final String IS_HERE =
      "select s.id from SpaceEntity s where s.elsewhere is null and s.id = :space";

  /** While a move ends, the space may be in its new database already. */
  private static final String NAMED =
      "select space_id, shard, coalesce(moving_to, shard) from space_shards"
          + " where space_id = any (cast(string_to_array(?1, ',') as uuid[]))";

  /** PostgreSQL computes the hash, so no payload leaves the database. */
  private static final String ALTERED =
      "select m.spaceId, m.chainSeq from MemberEntity m"
          + " where m.entryHash <> FUNCTION('sha256', m.payload) order by m.spaceId, m.chainSeq";

  private static final String UNLINKED =
      "select m.spaceId, m.chainSeq from MemberEntity m"
          + " where m.chainSeq > 1 and not exists (select p.chainSeq from MemberEntity p"
          + " where p.spaceId = m.spaceId and p.chainSeq = m.chainSeq - 1"
          + " and p.entryHash = m.prevHash)"
          + " or m.chainSeq <= 1 and (m.chainSeq < 1 or m.prevHash is not null)"
          + " order by m.spaceId, m.chainSeq";

  private static final String LIVE_FILES =
      "select new dev.betterbase.sync.admin.StoredFileRow(f.spaceId, f.id, f.size)"
          + " from FileEntity f where f.deleted = false and ";

  /** The first condition lets the index find where the page begins. */
  private static final String FILES =
      LIVE_FILES
          + "f.spaceId >= :space and (f.spaceId > :space or f.id > :file)"
          + " order by f.spaceId, f.id";

  /** The rows that a space has left behind in another database than its own do not count. */
  private static final String ROW =
      LIVE_FILES
          + "f.spaceId = :space and f.id = :file and not exists (select s.id from SpaceEntity s"
          + " where s.id = f.spaceId and s.elsewhere is not null)";

  private static final String LIVE =
      "select f.spaceId, f.id from FileEntity f"
          + " where f.spaceId in :spaces and f.id in :files and f.deleted = false";

  private static final String PLANNED =
      "select r.spaceId, r.fileId from FileRemovalEntity r"
          + " where r.spaceId in :spaces and r.fileId in :files";

  // JPQL has no insert. The job that removes bytes looks for a row again before it does.
  private static final String PLAN =
      "insert into file_removals (space_id, file_id, due_at)"
          + " values (?1, ?2, now() + interval '1 day') on conflict (space_id, file_id) do nothing";

  @Inject private Entities entities;

  /** For the container. */
  public DoctorStore() {}

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public DoctorStore(Entities entities) {
    this.entities = entities;
  }

  /**
   * A space in which something has a higher cursor than the space itself.
   *
   * @param highest the highest cursor in it
   */
  public record CursorBeyond(UUID space, long cursor, long highest) {}

  /** The spaces in which something has a higher cursor than the space. */
  public List<CursorBeyond> cursorsBeyond(int atMost) {
    return entities.run(
        "compare cursors",
        session -> {
          Map<UUID, CursorBeyond> found = new HashMap<>();
          for (String entity : WITH_CURSORS) {
            session
                .query(BEYOND.formatted(entity), Object[].class)
                .setMaxResults(atMost)
                .getResultList()
                .forEach(
                    row ->
                        found.merge(
                            (UUID) row[0],
                            new CursorBeyond((UUID) row[0], number(row[1]), number(row[2])),
                            (one, other) -> one.highest() >= other.highest() ? one : other));
          }
          return List.copyOf(found.values());
        });
  }

  /** Gives a space a higher cursor, so that clients get what is in it. */
  void raiseCursor(UUID space, long cursor) {
    entities.run(
        "raise cursor",
        session ->
            session
                .update(RAISE)
                .setParameter("id", space)
                .setParameter("cursor", cursor)
                .executeUpdate());
  }

  /**
   * A space whose storage quota counts other bytes than those it has.
   *
   * @param counted its {@code used_bytes}
   * @param actual the bytes of its blobs and files
   */
  public record Miscounted(UUID space, long counted, long actual) {}

  /** The spaces whose bytes are counted wrongly. Spaces that are not counted are left out. */
  public List<Miscounted> miscounted(int atMost) {
    return entities.run(
        "count bytes",
        session ->
            session.query(MISCOUNTED, Object[].class).setMaxResults(atMost).getResultList().stream()
                .map(row -> new Miscounted((UUID) row[0], number(row[1]), number(row[2])))
                .toList());
  }

  /** The spaces that are in another database, and have rows in this one. */
  List<UUID> leftBehind(int atMost) {
    return entities.run(
        "look for what moves have left",
        session -> session.query(LEFT_BEHIND, UUID.class).setMaxResults(atMost).getResultList());
  }

  /** A page of the spaces that are in this database, by their ids, behind this one. */
  List<UUID> spacesHere(UUID after, int atMost) {
    return entities.run(
        "list spaces",
        session ->
            session
                .query(HERE, UUID.class)
                .setParameter("after", after)
                .setMaxResults(atMost)
                .getResultList());
  }

  /** Whether a space is in this database. */
  boolean isHere(UUID space) {
    return entities.run(
        "find space",
        session ->
            !session
                .query(IS_HERE, UUID.class)
                .setParameter("space", space)
                .getResultList()
                .isEmpty());
  }

  /** Where the directory, which is in the first database, has a space. */
  record Place(int shard, int movingTo) {
    private static final Place FIRST = new Place(1, 1);

    boolean isNamed(int database) {
      return shard == database || movingTo == database;
    }
  }

  /** Where the directory has these spaces. */
  Map<UUID, Place> places(Collection<UUID> spaces) {
    return entities.run(
        "find shards",
        session -> {
          Map<UUID, Place> places = new HashMap<>();
          spaces.forEach(space -> places.put(space, Place.FIRST));
          String ids = spaces.stream().map(UUID::toString).collect(Collectors.joining(","));
          for (Object each : session.sql(NAMED).setParameter(1, ids).getResultList()) {
            Object[] row = (Object[]) each;
            places.put((UUID) row[0], new Place((Integer) row[1], (Integer) row[2]));
          }
          return places;
        });
  }

  /** Counts the bytes of a space anew, while nobody else can write to it. */
  void recount(UUID space) {
    entities.run(
        "recount space",
        session -> {
          session.sql(LOCK).setParameter(1, space).getResultList();
          return session.sql(RECOUNT).setParameter(1, space).executeUpdate();
        });
  }

  /** An entry of a membership log. */
  public record EntryKey(UUID space, int chainSeq) {
    static EntryKey of(Object[] row) {
      return new EntryKey((UUID) row[0], (Integer) row[1]);
    }
  }

  /** The entries whose hash is not that of their payload. */
  public List<EntryKey> altered(int atMost) {
    return entries(ALTERED, atMost);
  }

  /** The entries that do not follow the entry before them. */
  public List<EntryKey> unlinked(int atMost) {
    return entries(UNLINKED, atMost);
  }

  private List<EntryKey> entries(String query, int atMost) {
    return entities.run(
        "check membership logs",
        session ->
            session.query(query, Object[].class).setMaxResults(atMost).getResultList().stream()
                .map(EntryKey::of)
                .toList());
  }

  /** A page of all live files, by their spaces and ids, behind this one. */
  List<StoredFileRow> files(UUID space, UUID file, int atMost) {
    return entities.run(
        "list files",
        session ->
            session
                .query(FILES, StoredFileRow.class)
                .setParameter("space", space)
                .setParameter("file", file)
                .setMaxResults(atMost)
                .getResultList());
  }

  /** Whether a file still has this row. */
  boolean isLive(StoredFileRow row) {
    return entities.run(
        "look for a file",
        session ->
            session
                .query(ROW, StoredFileRow.class)
                .setParameter("space", row.space())
                .setParameter("file", row.id())
                .getResultList()
                .contains(row));
  }

  /** Those of these files that neither have a row nor wait for their removal. */
  List<FileKey> strays(Collection<FileKey> keys) {
    Set<UUID> spaces = keys.stream().map(key -> key.space().value()).collect(Collectors.toSet());
    Set<UUID> files = keys.stream().map(FileKey::file).collect(Collectors.toSet());
    return entities.run(
        "look for files",
        session -> {
          Set<FileKey> known = new HashSet<>();
          for (String query : List.of(PLANNED, LIVE)) {
            session
                .query(query, Object[].class)
                .setParameter("spaces", spaces)
                .setParameter("files", files)
                .getResultList()
                .forEach(
                    row ->
                        known.add(
                            new FileKey(
                                (UUID) Objects.requireNonNull(row[0]),
                                (UUID) Objects.requireNonNull(row[1]))));
          }
          List<FileKey> strays = new ArrayList<>(keys);
          strays.removeAll(known);
          return strays;
        });
  }

  /** Has the bytes of a file without a row removed a day from now. */
  void planRemoval(FileKey key) {
    entities.run(
        "plan removal",
        session ->
            session
                .sql(PLAN)
                .setParameter(1, key.space().value())
                .setParameter(2, key.file())
                .executeUpdate());
  }
}
