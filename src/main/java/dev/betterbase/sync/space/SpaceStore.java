package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.PersonSpaces;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.ShardCalls;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.Array;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The spaces (storage.md, table spaces). Finding a single space goes through JPA, in a transaction
 * of the container, unless there are several databases. All else is one statement on a connection
 * of its own: subscribing and pulling wait for it. All methods throw {@link StorageException}.
 */
@Stateless
public class SpaceStore {
  private static final String COLUMNS =
      "id, root_public_key, key_generation, min_key_generation, metadata_version, cursor,"
          + " rewrap_epoch, home_server";

  private static final String OPENED =
      Stream.of(COLUMNS.split(", ")).map("(opened)."::concat).collect(Collectors.joining(", "));

  private static final String OPEN = "select code, " + OPENED + " from open_space(?, ?, ?)";

  private static final String OPEN_ALL =
      "select code, " + OPENED + " from open_spaces(?, ?, ?) order by number";

  private static final String HERE = " from spaces where id = any (?) and is_here(elsewhere)";

  private static final String FIND =
      "select new dev.betterbase.sync.space.Space("
          + "s.id, s.rootPublicKey, s.keyGeneration, s.minKeyGeneration, s.metadataVersion,"
          + " s.cursor, s.rewrapEpoch, s.homeServer)"
          + " from SpaceEntity s where s.id = :id";

  private static final String CREATE = "select code, used from create_space(?, ?, ?, ?, ?, ?)";

  @Inject private Database database;
  @Inject private Entities entities;
  @Inject private ShardCalls shards;
  @Inject private PersonSpaces personSpaces;

  /** For the container. */
  public SpaceStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  SpaceStore(Database database, Entities entities) {
    this.database = database;
    this.entities = entities;
    this.shards = new ShardCalls(database);
    this.personSpaces = new PersonSpaces(database);
  }

  /** Finds a space in the first database, which is the only one. */
  public Optional<Space> find(SpaceId id) {
    return entities.run(
        "find space",
        session ->
            session
                .query(FIND, Space.class)
                .setParameter("id", id.value())
                .getResultStream()
                .findFirst());
  }

  /**
   * The spaces that were found, and those that could not be read. All others do not exist.
   *
   * @param found the row that was read of each
   * @param away the spaces whose database has failed, which is not the first
   */
  public record Many<T>(Map<SpaceId, T> found, Set<SpaceId> away) {
    /** Nothing was read. */
    public static <T> Many<T> none() {
      return new Many<>(Map.of(), Set.of());
    }

    /** Joins what the databases have answered. */
    public static <T> Many<T> of(List<ShardCalls.Answer<SpaceId, Map<SpaceId, T>>> answers) {
      Map<SpaceId, T> found = new HashMap<>();
      Set<SpaceId> away = new HashSet<>();
      for (ShardCalls.Answer<SpaceId, Map<SpaceId, T>> answer : answers) {
        switch (answer) {
          case ShardCalls.Answer.Answered<SpaceId, Map<SpaceId, T>>(
                  List<SpaceId> unused,
                  Map<SpaceId, T> read) ->
              found.putAll(read);
          case ShardCalls.Answer.Away<SpaceId, Map<SpaceId, T>>(
                  List<SpaceId> ids,
                  StorageException unused) ->
              away.addAll(ids);
        }
      }
      return new Many<>(found, away);
    }
  }

  /** Reads many spaces. */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Many<Space> findAll(Collection<SpaceId> ids) {
    return Many.of(shards.ask(ids, this::findAll));
  }

  /** Finds a space in its database, which is one of several. */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Optional<Space> findInAny(SpaceId id) {
    return Optional.ofNullable(database.in(id, false, in -> findAll(in, List.of(id))).get(id));
  }

  private Map<SpaceId, Space> findAll(Database in, Collection<SpaceId> ids) {
    return in.run(
        "read spaces",
        connection -> {
          try (PreparedStatement select =
              database.statement(connection, "select " + COLUMNS + HERE)) {
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

  /** Reads a space for a caller, and creates a personal space on its first use. */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Entry<Space> open(Access access) {
    return access.run(
        database,
        "open space",
        connection -> {
          try (PreparedStatement open = database.statement(connection, OPEN)) {
            access.bind(open, 1);
            try (ResultSet row = open.executeQuery()) {
              row.next();
              return Entry.of(row, (code, space) -> space(space, 1));
            }
          }
        });
  }

  /**
   * Reads many spaces in one round trip to each database, each as {@link #open} does.
   *
   * @return one entry for each access, in their order
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public List<Entry<Space>> openAll(List<Access> accesses) {
    if (!database.isSpread()) {
      return openAll(database, accesses);
    }
    List<Integer> indexes = IntStream.range(0, accesses.size()).boxed().toList();
    Map<Integer, Entry<Space>> opened = HashMap.newHashMap(accesses.size());
    for (ShardCalls.Answer<Integer, List<Entry<Space>>> answer :
        shards.ask(
            indexes,
            index -> accesses.get(index).space(),
            index -> accesses.get(index).in(database),
            (in, some) -> openAll(in, some.stream().map(accesses::get).toList()))) {
      switch (answer) {
        case ShardCalls.Answer.Answered<Integer, List<Entry<Space>>>(
                List<Integer> some,
                List<Entry<Space>> entries) -> {
          for (int i = 0; i < some.size(); i++) {
            opened.put(some.get(i), entries.get(i));
          }
        }
        case ShardCalls.Answer.Away<Integer, List<Entry<Space>>>(
                List<Integer> some,
                StorageException why) ->
            some.forEach(index -> opened.put(index, new Entry.Away<>(why)));
      }
    }
    return indexes.stream().map(opened::get).map(Objects::requireNonNull).toList();
  }

  private List<Entry<Space>> openAll(Database in, List<Access> accesses) {
    return in.run(
        "open spaces",
        connection -> {
          try (PreparedStatement open = database.statement(connection, OPEN_ALL)) {
            bindAll(connection, open, accesses);
            var opened = new ArrayList<Entry<Space>>(accesses.size());
            try (ResultSet rows = open.executeQuery()) {
              while (rows.next()) {
                opened.add(Entry.of(rows, (code, row) -> space(row, 1)));
              }
            }
            return opened;
          }
        });
  }

  private static void bindAll(Connection connection, PreparedStatement open, List<Access> accesses)
      throws SQLException {
    open.setArray(1, uuids(connection, accesses.stream().map(Access::space).toList()));
    open.setArray(
        2, connection.createArrayOf("text", accesses.stream().map(Access::clientId).toArray()));
    open.setArray(
        3, connection.createArrayOf("text", accesses.stream().map(SpaceStore::chain).toArray()));
  }

  private static @Nullable String chain(Access access) {
    List<String> cids = access.chain();
    return cids == null ? null : String.join(" ", cids);
  }

  /**
   * Creates a shared space of key generation 1.
   *
   * @param clientId the {@code client_id} of the caller's token
   * @param rootPublicKey a compressed P-256 point, 33 bytes
   * @param homeServer the peer where the space lives; null if it lives here
   * @param quota the storage quotas that hold for the caller
   */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Creation create(
      SpaceId id,
      String clientId,
      byte[] rootPublicKey,
      @Nullable String homeServer,
      StorageQuota quota) {
    if (!database.isSpread() || quota.person().isEmpty()) {
      return createCounted(id, clientId, rootPublicKey, homeServer, quota);
    }
    PersonSpaces.Count count = personSpaces.count(id, quota);
    if (count.exceeded().isPresent()) {
      return new Creation.OverQuota(count.exceeded().get());
    }
    Creation creation =
        createCounted(id, clientId, rootPublicKey, homeServer, quota.withoutSpaces());
    if (count.isNew() && creation instanceof Creation.Taken) {
      personSpaces.forget(id, quota);
    }
    return creation;
  }

  /**
   * The same.
   *
   * @param quota has no quota of spaces if they are counted elsewhere
   */
  private Creation createCounted(
      SpaceId id,
      String clientId,
      byte[] rootPublicKey,
      @Nullable String homeServer,
      StorageQuota quota) {
    return database.in(
        id,
        true,
        in ->
            in.run(
                "create space",
                connection -> {
                  try (PreparedStatement create = database.statement(connection, CREATE)) {
                    create.setObject(1, id.value());
                    create.setString(2, clientId);
                    create.setBytes(3, rootPublicKey);
                    create.setString(4, homeServer);
                    quota.bindSpaces(create, 5);
                    try (ResultSet row = create.executeQuery()) {
                      row.next();
                      return switch (row.getString(1)) {
                        case "created" -> new Creation.Created();
                        case "exists" -> new Creation.Taken();
                        case "quota_exceeded" ->
                            new Creation.OverQuota(
                                new StorageQuota.Exceeded(
                                    quota.personSpaces().orElseThrow(), row.getLong(2)));
                        default ->
                            throw new IllegalStateException("create_space: " + row.getString(1));
                      };
                    }
                  }
                }));
  }

  /** The outcome of the creation of a space. */
  public sealed interface Creation {
    /** The space was created. */
    record Created() implements Creation {}

    /** The id is taken; nothing was changed. */
    record Taken() implements Creation {}

    /** The person has created as many spaces as the quota allows. */
    record OverQuota(StorageQuota.Exceeded exceeded) implements Creation {}
  }

  /** Reads the cursors of many spaces. */
  @TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
  public Many<Long> cursors(Collection<SpaceId> ids) {
    return Many.of(shards.ask(ids, this::cursors));
  }

  private Map<SpaceId, Long> cursors(Database in, Collection<SpaceId> ids) {
    return in.run(
        "read cursors",
        connection -> {
          try (PreparedStatement select =
              database.statement(connection, "select id, cursor" + HERE)) {
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

  /** Reads {@link #COLUMNS}, which follow this number of other columns. */
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
