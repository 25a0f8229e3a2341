package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.storage.SpaceArrival;
import dev.betterbase.sync.storage.SpaceHandOver;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The databases that have rows of a space, while nobody else moves it: the one it is in, and those
 * where moves have left rows.
 */
final class MovePlaces {
  private static final Duration STATEMENT = Duration.ofMinutes(5);
  private static final int STATEMENT_SECONDS = Math.toIntExact(STATEMENT.toSeconds());
  private static final Duration LOCK = Duration.ofSeconds(10);
  private static final int BATCH = 5_000;

  private static final Duration PAUSE = Duration.ofMillis(100);

  private static final String SHARD = "select shard from space_shards where space_id = ?";
  private static final String ELSEWHERE = "select elsewhere is not null from spaces where id = ?";

  /**
   * A transaction that has read the row of a space holds a lock on the table until it ends. Every
   * role can see these locks.
   */
  private static final String READING =
      """
      select coalesce(array_agg(distinct l.virtualtransaction), '{}') from pg_locks l
       where l.locktype = 'relation' and l.relation = 'spaces'::regclass and l.granted
         and l.database = (select d.oid from pg_database d where d.datname = current_database())
         and l.pid <> pg_backend_pid()
      """;

  private static final String STILL =
      "select exists (select from pg_locks where virtualtransaction = any (?))";

  private final List<DataSource> databases;
  private final SpaceId space;
  private final MoveLimits limits;
  private boolean cleanedUp;

  /**
   * @param databases all of them, from the first on
   */
  MovePlaces(List<DataSource> databases, SpaceId space, MoveLimits limits) {
    this.databases = List.copyOf(databases);
    this.space = space;
    this.limits = limits;
  }

  /**
   * Ends a move that was decided, but not ended.
   *
   * @return the number of the database in which the space is; 0 if there is no such space
   */
  int settle() throws SQLException {
    try (Connection first = open(1)) {
      for (SpaceArrival pending : SpaceArrival.pending(first, List.of(space), STATEMENT_SECONDS)) {
        if (hasLeft(pending)) {
          end(pending, STATEMENT_SECONDS);
          cleanedUp = true;
        }
      }
      first.commit();
      int shard = shard(first).orElse(1);
      first.commit();
      return isIn(shard) ? shard : 0;
    }
  }

  private boolean hasLeft(SpaceArrival pending) throws SQLException {
    try (Connection old = open(pending.from())) {
      return pending.hasLeft(old, STATEMENT_SECONDS);
    }
  }

  private Optional<Integer> shard(Connection first) throws SQLException {
    try (PreparedStatement select = first.prepareStatement(SHARD)) {
      select.setObject(1, space.value());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row.getInt(1)) : Optional.empty();
      }
    }
  }

  private boolean isIn(int shard) throws SQLException {
    try (Connection connection = open(shard)) {
      return Boolean.FALSE.equals(elsewhere(connection));
    }
  }

  /** Whether the row of the space says that the space is elsewhere; null if there is no row. */
  private @Nullable Boolean elsewhere(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(ELSEWHERE)) {
      select.setObject(1, space.value());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getBoolean(1) : null;
      }
    }
  }

  /** Whether a move was ended, or something removed. */
  boolean hasCleanedUp() {
    return cleanedUp;
  }

  /** Ends a move that was decided. */
  void end(SpaceArrival move, int timeoutSeconds) throws SQLException {
    try (Connection target = open(move.to());
        Connection first = open(1)) {
      move.arrive(target, timeoutSeconds);
      target.commit();
      move.record(first, timeoutSeconds);
      first.commit();
    }
  }

  /**
   * Removes what moves have left of the space.
   *
   * @param but the number of the database in which the space is; 0 if it is in none
   * @return false if something reads in a database for too long, so that it is left there
   */
  boolean clear(int but) throws SQLException {
    boolean all = true;
    for (int shard = 1; shard <= databases.size(); shard++) {
      if (shard != but) {
        all &= clearOne(shard, but);
      }
    }
    return all;
  }

  private boolean clearOne(int shard, int home) throws SQLException {
    try (Connection connection = open(shard)) {
      if (!Boolean.TRUE.equals(elsewhere(connection))) {
        return true;
      }
      handOver(new SpaceHandOver(space, shard, home), connection);
      List<SpaceTable> tables = SpaceTable.all(connection);
      long left = 0;
      for (SpaceTable table : tables) {
        left += count(connection, table, space);
      }
      connection.commit();
      if (left == 0) {
        return true;
      }
      if (!waitForReaders(connection)) {
        return false;
      }
      for (SpaceTable table : tables.reversed()) {
        remove(connection, table);
      }
      cleanedUp = true;
      return true;
    }
  }

  /** From now on, the space counts for its owner in the database it is in. */
  private void handOver(SpaceHandOver left, Connection old) throws SQLException {
    Optional<String> owner = left.owner(old, STATEMENT_SECONDS);
    old.commit();
    if (owner.isPresent()) {
      long number;
      try (Connection first = open(1)) {
        number = left.number(first, owner.get(), STATEMENT_SECONDS);
        first.commit();
      }
      MoveConnections.limit(old, STATEMENT, LOCK);
      left.release(old, number, STATEMENT_SECONDS);
      old.commit();
      cleanedUp = true;
    }
    MoveConnections.limit(old, STATEMENT, LOCK);
  }

  /**
   * Waits for the transactions that may have found the space here, before it left. Those that begin
   * later are turned away.
   */
  private boolean waitForReaders(Connection connection) throws SQLException {
    Object[] reading;
    try (PreparedStatement select = connection.prepareStatement(READING);
        ResultSet row = select.executeQuery()) {
      row.next();
      reading = (Object[]) row.getArray(1).getArray();
    }
    connection.commit();
    long begun = System.nanoTime();
    while (isReading(connection, reading)) {
      if (System.nanoTime() - begun > limits.readers().toNanos()) {
        return false;
      }
      MoveConnections.pause(PAUSE);
    }
    return true;
  }

  private static boolean isReading(Connection connection, Object[] transactions)
      throws SQLException {
    Array array = connection.createArrayOf("text", transactions);
    try (PreparedStatement select = connection.prepareStatement(STILL)) {
      select.setArray(1, array);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    } finally {
      connection.commit();
    }
  }

  /** In batches, so that no transaction is long. */
  private void remove(Connection connection, SpaceTable table) throws SQLException {
    String delete =
        "delete from %1$s where space_id = ? and ctid = any (array(".formatted(table.name())
            + "select ctid from %1$s where space_id = ? limit %2$d))"
                .formatted(table.name(), BATCH);
    int removed;
    do {
      MoveConnections.limit(connection, STATEMENT, LOCK);
      try (PreparedStatement statement = connection.prepareStatement(delete)) {
        statement.setObject(1, space.value());
        statement.setObject(2, space.value());
        removed = statement.executeUpdate();
      }
      connection.commit();
    } while (removed == BATCH);
  }

  /** The number of rows that a table has of a space. */
  static long count(Connection connection, SpaceTable table, SpaceId space) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "select count(*) from " + table.name() + " where space_id = ?")) {
      select.setObject(1, space.value());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private Connection open(int shard) throws SQLException {
    Connection connection = MoveConnections.open(databases.get(shard - 1), limits.silence());
    try {
      MoveConnections.limit(connection, STATEMENT, LOCK);
      return connection;
    } catch (SQLException failure) {
      connection.close();
      throw failure;
    }
  }
}
