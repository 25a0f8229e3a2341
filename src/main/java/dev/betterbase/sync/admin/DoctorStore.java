package dev.betterbase.sync.admin;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The queries and repairs of {@link Doctor} in one database. All methods throw {@link
 * StorageException}.
 */
public final class DoctorStore {
  private static final String BEYOND =
      """
      select s.id, s.cursor, max(e.cursor)
        from spaces s
        join (select space_id, cursor from records
              union all select space_id, cursor from files
              union all select space_id, cursor from members) e
          on e.space_id = s.id and e.cursor > s.cursor
       where s.elsewhere is null
       group by s.id, s.cursor
       order by s.id
       limit ?
      """;

  private static final String RAISE = "update spaces set cursor = ? where id = ? and cursor < ?";

  /** One statement, and so one snapshot: a writer changes the count and the rows together. */
  private static final String MISCOUNTED =
      "select id, used_bytes, space_bytes(id) from spaces"
          + " where used_bytes is not null and used_bytes <> space_bytes(id)"
          + " and elsewhere is null order by id limit ?";

  // A statement of its own, so that the next one sees all that was committed under the lock.
  private static final String LOCK = "select 1 from spaces where id = ? for update";

  private static final String RECOUNT =
      "update spaces set used_bytes = space_bytes(id) where id = ? and used_bytes is not null";

  private static final String LEFT_BEHIND =
      """
      select s.id from spaces s
       where s.elsewhere is not null
         and (s.elsewhere = 'left' and s.owner_hash is not null
              or exists (select from records r where r.space_id = s.id)
              or exists (select from members m where m.space_id = s.id)
              or exists (select from revocations v where v.space_id = s.id))
       order by s.id
       limit ?
      """;

  private static final String HERE =
      "select id from spaces where elsewhere is null and id > ? order by id limit ?";

  private static final String IS_HERE = "select id from spaces where elsewhere is null and id = ?";

  /** While a move ends, the space may be in its new database already. */
  private static final String NAMED =
      "select space_id, shard, coalesce(moving_to, shard) from space_shards"
          + " where space_id = any (?)";

  /** PostgreSQL computes the hash, so no payload leaves the database. */
  private static final String ALTERED =
      "select space_id, chain_seq from members where entry_hash <> sha256(payload)"
          + " order by space_id, chain_seq limit ?";

  private static final String UNLINKED =
      """
      select m.space_id, m.chain_seq from members m
       where m.chain_seq > 1
             and not exists (select from members p
                              where p.space_id = m.space_id and p.chain_seq = m.chain_seq - 1
                                and p.entry_hash = m.prev_hash)
          or m.chain_seq <= 1 and (m.chain_seq < 1 or m.prev_hash is not null)
       order by m.space_id, m.chain_seq
       limit ?
      """;

  private static final String FILES =
      "select space_id, id, size from files where not deleted and (space_id, id) > (?, ?)"
          + " order by space_id, id limit ?";

  /** The rows that a space has left behind in another database than its own do not count. */
  private static final String IS_LIVE =
      "select f.id from files f where f.space_id = ? and f.id = ? and f.size = ? and not f.deleted"
          + " and not exists"
          + " (select from spaces s where s.id = f.space_id and s.elsewhere is not null)";

  private static final String KNOWN =
      """
      select space_id, id from files
       where space_id = any (?) and id = any (?) and not deleted
      union all
      select space_id, file_id from file_removals
       where space_id = any (?) and file_id = any (?)
      """;

  // The job that removes bytes looks for a row again before it does.
  private static final String PLAN =
      "insert into file_removals (space_id, file_id, due_at)"
          + " values (?, ?, now() + interval '1 day') on conflict (space_id, file_id) do nothing";

  private final Database database;

  /**
   * @param database whose statement time-out holds for each statement; they read whole tables
   */
  public DoctorStore(Database database) {
    this.database = database;
  }

  /**
   * A space in which something has a higher cursor than the space itself.
   *
   * @param highest the highest cursor in it
   */
  public record CursorBeyond(UUID space, long cursor, long highest) {}

  /** The spaces in which something has a higher cursor than the space. */
  public List<CursorBeyond> cursorsBeyond(int atMost) {
    return list(
        "compare cursors",
        BEYOND,
        row -> new CursorBeyond(Database.uuid(row, 1), row.getLong(2), row.getLong(3)),
        atMost);
  }

  /** Gives a space a higher cursor, so that clients pull its data. */
  void raiseCursor(UUID space, long cursor) {
    change("raise cursor", RAISE, cursor, space, cursor);
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
    return list(
        "count bytes",
        MISCOUNTED,
        row -> new Miscounted(Database.uuid(row, 1), row.getLong(2), row.getLong(3)),
        atMost);
  }

  /** Counts the bytes of a space anew, while nobody else can write to it. */
  void recount(UUID space) {
    database.run(
        "recount space",
        connection ->
            Database.inTransaction(
                connection,
                () -> {
                  try (PreparedStatement lock = prepare(connection, LOCK, space);
                      PreparedStatement recount = prepare(connection, RECOUNT, space)) {
                    lock.execute();
                    return recount.executeUpdate();
                  }
                }));
  }

  /** The spaces that are in another database, and have rows in this one. */
  List<UUID> leftBehind(int atMost) {
    return list("look for what moves have left", LEFT_BEHIND, row -> Database.uuid(row, 1), atMost);
  }

  /** A page of the spaces that are in this database, by their ids, behind this one. */
  List<UUID> spacesHere(UUID after, int atMost) {
    return list("list spaces", HERE, row -> Database.uuid(row, 1), after, atMost);
  }

  /** Whether a space is in this database. */
  boolean isHere(UUID space) {
    return !list("find space", IS_HERE, row -> Database.uuid(row, 1), space).isEmpty();
  }

  /** The database that the directory names for a space. The directory is in the first database. */
  record Place(int shard, int movingTo) {
    private static final Place FIRST = new Place(1, 1);

    boolean isNamed(int database) {
      return shard == database || movingTo == database;
    }
  }

  /** The databases that the directory names for these spaces. */
  Map<UUID, Place> places(Collection<UUID> spaces) {
    Map<UUID, Place> places = new HashMap<>();
    spaces.forEach(space -> places.put(space, Place.FIRST));
    List<Map.Entry<UUID, Place>> named =
        list(
            "find shards",
            NAMED,
            row -> Map.entry(Database.uuid(row, 1), new Place(row.getInt(2), row.getInt(3))),
            Set.copyOf(spaces));
    named.forEach(each -> places.put(each.getKey(), each.getValue()));
    return places;
  }

  /** An entry of a membership log. */
  public record EntryKey(UUID space, int chainSeq) {}

  /** The entries whose hash is not that of their payload. */
  public List<EntryKey> altered(int atMost) {
    return entries(ALTERED, atMost);
  }

  /** The entries that do not follow the entry before them. */
  public List<EntryKey> unlinked(int atMost) {
    return entries(UNLINKED, atMost);
  }

  private List<EntryKey> entries(String query, int atMost) {
    return list(
        "check membership logs",
        query,
        row -> new EntryKey(Database.uuid(row, 1), row.getInt(2)),
        atMost);
  }

  /** Whether any file has a row. */
  public boolean hasFiles() {
    return !files(SpaceAdminStore.BEFORE_ALL, SpaceAdminStore.BEFORE_ALL, 1).isEmpty();
  }

  /** A page of all live files, by their spaces and ids, behind this one. */
  List<StoredFileRow> files(UUID space, UUID file, int atMost) {
    return list(
        "list files",
        FILES,
        row -> new StoredFileRow(Database.uuid(row, 1), Database.uuid(row, 2), row.getLong(3)),
        space,
        file,
        atMost);
  }

  /** Whether a file still has this row. */
  boolean isLive(StoredFileRow row) {
    return !list(
            "look for a file",
            IS_LIVE,
            found -> Database.uuid(found, 1),
            row.space(),
            row.id(),
            row.size())
        .isEmpty();
  }

  /** Those of these files that neither have a row nor wait for their removal. */
  List<FileKey> strays(Collection<FileKey> keys) {
    Set<UUID> spaces = new HashSet<>();
    Set<UUID> files = new HashSet<>();
    for (FileKey key : keys) {
      spaces.add(key.space().value());
      files.add(key.file());
    }
    List<FileKey> strays = new ArrayList<>(keys);
    strays.removeAll(
        Set.copyOf(
            list(
                "look for files",
                KNOWN,
                row -> new FileKey(Database.uuid(row, 1), Database.uuid(row, 2)),
                spaces,
                files,
                spaces,
                files)));
    return strays;
  }

  /** Has the bytes of a file without a row removed a day from now. */
  void planRemoval(FileKey key) {
    change("plan removal", PLAN, key.space().value(), key.file());
  }

  /** Makes an object of a row. */
  private interface Mapper<T> {
    T of(ResultSet row) throws SQLException;
  }

  private <T> List<T> list(String what, String query, Mapper<T> mapper, Object... values) {
    return database.run(
        what,
        connection -> {
          try (PreparedStatement select = prepare(connection, query, values);
              ResultSet row = select.executeQuery()) {
            List<T> all = new ArrayList<>();
            while (row.next()) {
              all.add(mapper.of(row));
            }
            return all;
          }
        });
  }

  private void change(String what, String statement, Object... values) {
    database.run(
        what,
        connection -> {
          try (PreparedStatement change = prepare(connection, statement, values)) {
            return change.executeUpdate();
          }
        });
  }

  /** A statement with these values, of which a set is an array of UUIDs. */
  private PreparedStatement prepare(Connection connection, String sql, Object... values)
      throws SQLException {
    PreparedStatement statement = database.statement(connection, sql);
    try {
      for (int i = 0; i < values.length; i++) {
        Object value =
            values[i] instanceof Set<?> ids
                ? connection.createArrayOf("uuid", ids.toArray())
                : values[i];
        statement.setObject(i + 1, value);
      }
      return statement;
    } catch (SQLException failure) {
      statement.close();
      throw failure;
    }
  }
}
