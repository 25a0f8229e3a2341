package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The spaces. Every method is one statement and commits by itself, so none of them asks for a
 * transaction (which would add two round trips). All throw {@link StorageException}.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class SpaceStore {
  private static final int PING_TIMEOUT_SECONDS = 2;

  private static final String COLUMNS =
      "id, root_public_key, key_generation, min_key_generation, metadata_version, cursor,"
          + " rewrap_epoch, home_server";

  private static final String OPENED =
      Stream.of(COLUMNS.split(", ")).map("(opened)."::concat).collect(Collectors.joining(", "));

  private static final String OPEN = "select code, " + OPENED + " from open_space(?, ?, ?)";

  private static final String OPEN_ALL =
      "select code, " + OPENED + " from open_spaces(?, ?, ?) order by number";

  @Inject private Database database;

  @PersistenceContext(unitName = "betterbase-sync")
  private EntityManager entities;

  /** For the container. */
  public SpaceStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  SpaceStore(Database database, EntityManager entities) {
    this.database = database;
    this.entities = entities;
  }

  /** Reads one space. */
  public Optional<Space> find(SpaceId id) {
    try {
      return Optional.ofNullable(entities.find(SpaceEntity.class, id.value()))
          .map(SpaceEntity::toSpace);
    } catch (RuntimeException failure) {
      // EclipseLink throws exceptions of its own here, which are no PersistenceException.
      throw new StorageException("find space failed", failure);
    }
  }

  /** Reads many spaces; those that do not exist are missing in the answer. */
  public Map<SpaceId, Space> findAll(Collection<SpaceId> ids) {
    return database.run(
        "read spaces",
        connection -> {
          try (PreparedStatement select =
              Database.prepare(
                  connection, "select " + COLUMNS + " from spaces where id = any (?)")) {
            select.setArray(1, uuids(connection, ids));
            Map<SpaceId, Space> spaces = HashMap.newHashMap(ids.size());
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                Space space = space(rows, 0);
                spaces.put(space.id(), space);
              }
            }
            return spaces;
          }
        });
  }

  /** Reads a space for a caller; a personal one is made on its first use. */
  public Entry<Space> open(Access access) {
    return database.run(
        "open space",
        connection -> {
          try (PreparedStatement open = Database.prepare(connection, OPEN)) {
            access.bind(open, 1);
            try (ResultSet row = open.executeQuery()) {
              row.next();
              return Entry.of(row, (code, space) -> space(space, 1));
            }
          }
        });
  }

  /**
   * Reads many spaces in one round trip, each as {@link #open} does.
   *
   * @return one entry for each way in, in their order
   */
  public List<Entry<Space>> openAll(List<Access> ways) {
    return database.run(
        "open spaces",
        connection -> {
          try (PreparedStatement open = Database.prepare(connection, OPEN_ALL)) {
            bindAll(connection, open, ways);
            var opened = new ArrayList<Entry<Space>>(ways.size());
            try (ResultSet rows = open.executeQuery()) {
              while (rows.next()) {
                opened.add(Entry.of(rows, (code, row) -> space(row, 1)));
              }
            }
            return opened;
          }
        });
  }

  private static void bindAll(Connection connection, PreparedStatement open, List<Access> ways)
      throws SQLException {
    open.setArray(1, uuids(connection, ways.stream().map(Access::space).toList()));
    open.setArray(
        2, connection.createArrayOf("text", ways.stream().map(Access::clientId).toArray()));
    open.setArray(
        3, connection.createArrayOf("text", ways.stream().map(SpaceStore::chain).toArray()));
  }

  private static @Nullable String chain(Access access) {
    List<String> cids = access.chain();
    return cids == null ? null : String.join(" ", cids);
  }

  /**
   * Makes a shared space of key generation 1.
   *
   * @param clientId the {@code client_id} of the caller's token
   * @param rootPublicKey a compressed P-256 point, 33 bytes
   * @param homeServer the peer whose space it is; null where its home is here
   * @return false where the id is taken, and nothing was changed
   */
  public boolean create(
      SpaceId id, String clientId, byte[] rootPublicKey, @Nullable String homeServer) {
    String sql =
        "insert into spaces (id, client_id, root_public_key, home_server) values (?, ?, ?, ?)"
            + " on conflict (id) do nothing";
    return database.run(
        "create space",
        connection -> {
          try (PreparedStatement insert = Database.prepare(connection, sql)) {
            insert.setObject(1, id.value());
            insert.setString(2, clientId);
            insert.setBytes(3, rootPublicKey);
            insert.setString(4, homeServer);
            return insert.executeUpdate() == 1;
          }
        });
  }

  /** The cursors of many spaces as they stand now; of those that do not exist, none. */
  public Map<SpaceId, Long> cursors(Collection<SpaceId> ids) {
    return database.run(
        "read cursors",
        connection -> {
          try (PreparedStatement select =
              Database.prepare(connection, "select id, cursor from spaces where id = any (?)")) {
            select.setArray(1, uuids(connection, ids));
            Map<SpaceId, Long> cursors = HashMap.newHashMap(ids.size());
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                cursors.put(new SpaceId(Database.uuid(rows, 1)), rows.getLong(2));
              }
            }
            return cursors;
          }
        });
  }

  /** Asks the database for a sign of life, for at most 2 s once there is a connection. */
  public void ping() {
    database.run(
        "ping",
        connection -> {
          try (PreparedStatement select =
              Database.prepare(connection, "select 1", PING_TIMEOUT_SECONDS)) {
            return select.execute();
          }
        });
  }

  /** Reads {@link #COLUMNS}, which stand behind so many others. */
  private static Space space(ResultSet row, int before) throws SQLException {
    return new Space(
        new SpaceId(Database.uuid(row, before + 1)),
        row.getBytes(before + 2),
        row.getInt(before + 3),
        row.getInt(before + 4),
        row.getInt(before + 5),
        row.getLong(before + 6),
        (Integer) row.getObject(before + 7),
        row.getString(before + 8));
  }

  private static Array uuids(Connection connection, Collection<SpaceId> ids) throws SQLException {
    return connection.createArrayOf("uuid", ids.stream().map(SpaceId::value).toArray());
  }
}
