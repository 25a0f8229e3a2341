package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.SpaceId;
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
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
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
    return read("select " + COLUMNS + " from spaces where id = any (?)", ids, null, "");
  }

  /**
   * Reads the caller's personal space, and makes it on its first use. Calls at the same time all
   * get the one space.
   *
   * @param clientId the token's {@code client_id}, kept with a space that is made
   * @return a space that is not {@link Space#personal} where one with a root key has taken the id:
   *     then the caller has no personal space
   */
  public Space personal(SpaceId id, String clientId) {
    Space space = findAllOrMakePersonal(Set.of(id), id, clientId).get(id);
    if (space == null) {
      throw new IllegalStateException("open_spaces left out the personal space");
    }
    return space;
  }

  /**
   * Reads many spaces as {@link #findAll}, the caller's personal one among them as {@link
   * #personal}, in one round trip.
   *
   * @param personal the caller's personal space, which is made where it is missing
   */
  public Map<SpaceId, Space> findAllOrMakePersonal(
      Collection<SpaceId> ids, SpaceId personal, String clientId) {
    return read("select " + COLUMNS + " from open_spaces(?, ?, ?)", ids, personal, clientId);
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
                cursors.put(new SpaceId(rows.getObject(1, UUID.class)), rows.getLong(2));
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

  private Map<SpaceId, Space> read(
      String sql, Collection<SpaceId> ids, @Nullable SpaceId personal, String clientId) {
    return database.run(
        "read spaces",
        connection -> {
          try (PreparedStatement select = Database.prepare(connection, sql)) {
            select.setArray(1, uuids(connection, ids));
            if (personal != null) {
              select.setObject(2, personal.value());
              select.setString(3, clientId);
            }
            Map<SpaceId, Space> spaces = HashMap.newHashMap(ids.size());
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                Space space = space(rows);
                spaces.put(space.id(), space);
              }
            }
            return spaces;
          }
        });
  }

  private static Space space(ResultSet row) throws SQLException {
    return new Space(
        new SpaceId(row.getObject(1, UUID.class)),
        row.getBytes(2),
        row.getInt(3),
        row.getInt(4),
        row.getInt(5),
        row.getLong(6),
        row.getObject(7, Integer.class),
        row.getString(8));
  }

  private static Array uuids(Connection connection, Collection<SpaceId> ids) throws SQLException {
    return connection.createArrayOf("uuid", ids.stream().map(SpaceId::value).toArray());
  }
}
