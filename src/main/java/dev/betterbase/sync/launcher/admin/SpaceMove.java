package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.storage.MoveDecisions;
import dev.betterbase.sync.storage.SpaceArrival;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Moves one space to another of several databases while servers use it
 * (docs/decisions/0020-many-databases.md, Moving a space). The steps are, in this order, {@link
 * #begin}, {@link #copy}, {@link #fence}, {@link #leave}, {@link #arrive} and {@link #clear}. The
 * space is in its old database until {@link #leave} has returned, and in the new one from then on.
 * A crash between two steps, or within one, changes nothing about that, and the next move of the
 * space cleans up behind it.
 */
final class SpaceMove implements AutoCloseable {
  private static final int MOST_ROUNDS = 10;

  /** So few rows are copied within the fence. */
  private static final int FEW_ROWS = 1_000;

  private static final int LOCK_ATTEMPTS = 3;
  private static final Duration LOCK_PAUSE = Duration.ofSeconds(1);

  private static final String LOCK_TIMED_OUT = "55P03";

  private static final String ONE_MOVE =
      "select pg_try_advisory_xact_lock(hashtextextended('move ' || ?, 0))";

  private static final String NUMBER =
      "insert into space_shards (space_id, shard, move, moving_to) values (?, ?, 1, ?)"
          + " on conflict (space_id) do update"
          + " set move = space_shards.move + 1, moving_to = excluded.moving_to"
          + " where space_shards.shard = excluded.shard returning move";

  private static final String EXPECT =
      "insert into spaces (id, client_id, elsewhere, move) values (?, '', 'arriving', ?)"
          + " on conflict (id) do update set elsewhere = 'arriving', move = excluded.move"
          + " where spaces.elsewhere is not null";

  private static final String FENCE =
      "select elsewhere is null from spaces where id = ? for update";

  private static final String IS_MOVING =
      "select exists (select from space_shards where space_id = ? and move = ? and moving_to = ?)";

  /** For the quota of its owner, it counts here until {@link #clear} hands that over. */
  private static final String LEAVE =
      "update spaces set elsewhere = 'left', move = ?,"
          + " used_bytes = case when owner_hash is not null then used_bytes end"
          + " where id = ? and elsewhere is null";

  private final List<DataSource> databases;
  private final SpaceId space;
  private final int to;
  private final MoveLimits limits;

  /** Holds the lock of the move, in a transaction that lasts as long. */
  private final Connection guard;

  private final MovePlaces places;
  private int from;
  private int move;
  private @Nullable Connection source;
  private @Nullable Connection target;
  private @Nullable RowCopy rows;
  private RowCopy.@Nullable Snapshot copied;
  private long fencedAt;

  /**
   * Takes the lock of the move.
   *
   * @param databases all of them, from the first on, with the schema of this release
   * @param to the number of the new database
   * @throws StartRefused if there is no such database, or the space is being moved already
   */
  SpaceMove(List<DataSource> databases, SpaceId space, int to, MoveLimits limits)
      throws SQLException {
    if (databases.size() == 1) {
      throw new StartRefused("DATABASE_SHARDS is not set: there is one database");
    }
    if (to < 1 || to > databases.size()) {
      throw new StartRefused(
          "--to " + to + ": expected the number of a database, from 1 to " + databases.size());
    }
    this.databases = List.copyOf(databases);
    this.space = space;
    this.to = to;
    this.limits = limits;
    this.places = new MovePlaces(databases, space, limits);
    this.guard = open(1);
    try {
      limitOpen(guard);
      try (PreparedStatement lock = guard.prepareStatement(ONE_MOVE)) {
        lock.setString(1, space.value().toString());
        try (ResultSet row = lock.executeQuery()) {
          row.next();
          if (!row.getBoolean(1)) {
            throw new StartRefused("space " + space.value() + " is being moved already");
          }
        }
      }
    } catch (SQLException | StartRefused failure) {
      guard.close();
      throw failure;
    }
  }

  private Connection open(int database) throws SQLException {
    return MoveConnections.open(databases.get(database - 1), limits.silence());
  }

  /** Begins a transaction while the space can be used. */
  private void limitOpen(Connection connection) throws SQLException {
    MoveConnections.limit(connection, limits.open(), limits.lock());
  }

  /** Begins a transaction for which writers of the space may have to wait. */
  private void limitFenced(Connection connection) throws SQLException {
    MoveConnections.limit(connection, limits.fenced(), limits.lock());
  }

  /**
   * Removes the rows that an earlier move has left, and makes the new database expect the space.
   *
   * @return false if the space is in the new database already
   * @throws StartRefused if there is no such space
   */
  boolean begin() throws SQLException {
    from = places.settle();
    if (!places.clear(from)) {
      throw new StartRefused(
          "what an earlier move of space "
              + space.value()
              + " has left cannot be removed, because a long transaction reads it, for example a"
              + " backup: try again later");
    }
    if (from == 0) {
      throw new StartRefused("there is no space " + space.value());
    }
    if (from == to) {
      return false;
    }
    try (Connection first = open(1)) {
      limitFenced(first);
      try (PreparedStatement number = first.prepareStatement(NUMBER)) {
        number.setObject(1, space.value());
        number.setInt(2, from);
        number.setInt(3, to);
        try (ResultSet row = number.executeQuery()) {
          if (!row.next()) {
            throw new SQLException("the directory has changed");
          }
          move = row.getInt(1);
        }
      }
      first.commit();
    }
    Connection old = open(from);
    source = old;
    Connection other = open(to);
    target = other;
    expect(other);
    rows = new RowCopy(old, other, space.value(), SpaceTable.all(old));
    old.commit();
    return true;
  }

  private void expect(Connection other) throws SQLException {
    limitFenced(other);
    try (PreparedStatement insert = other.prepareStatement(EXPECT)) {
      insert.setObject(1, space.value());
      insert.setInt(2, move);
      if (insert.executeUpdate() == 0) {
        throw new SQLException("database " + to + " has a space of this id of its own");
      }
    }
    other.commit();
  }

  /** Copies all rows, and then those that have changed meanwhile, until these are few. */
  void copy() throws SQLException {
    for (int round = 1; round <= MOST_ROUNDS; round++) {
      if (copyOnce() <= FEW_ROWS) {
        return;
      }
    }
  }

  private long copyOnce() throws SQLException {
    Connection old = begun(source);
    Connection other = begun(target);
    old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    limitOpen(old);
    limitOpen(other);
    RowCopy.Snapshot now = begun(rows).snapshot();
    long count = begun(rows).rows(copied);
    other.commit();
    old.commit();
    old.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    copied = now;
    return count;
  }

  /**
   * Makes all writers of the space wait, and copies the rest.
   *
   * @return the number of rows of the space, of all tables
   * @throws StartRefused if the space is busy for too long, or was deleted meanwhile
   */
  long fence() throws SQLException {
    Connection old = begun(source);
    Connection other = begun(target);
    lock(old);
    limitFenced(other);
    long unused = begun(rows).rows(begun(copied));
    begun(rows).space(SpaceTable.columnsOfSpaces(old));
    long count = 0;
    for (SpaceTable table : SpaceTable.all(old)) {
      long there = MovePlaces.count(old, table, space);
      // Notes may vanish from the old database while the space is fenced.
      if (table.refersToSpaces() && MovePlaces.count(other, table, space) != there) {
        throw new SQLException("the copy of " + table.name() + " is not whole");
      }
      count += table.refersToSpaces() ? there : 0;
    }
    other.commit();
    return count;
  }

  private void lock(Connection old) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      limitFenced(old);
      try (PreparedStatement fence = old.prepareStatement(FENCE)) {
        MoveDecisions.allow(old);
        fencedAt = System.nanoTime();
        fence.setObject(1, space.value());
        try (ResultSet row = fence.executeQuery()) {
          if (row.next() && row.getBoolean(1)) {
            return;
          }
        }
        old.rollback();
        boolean unused = places.clear(0);
        throw new StartRefused("space " + space.value() + " was deleted while it was copied");
      } catch (SQLException failure) {
        if (!LOCK_TIMED_OUT.equals(failure.getSQLState())) {
          throw failure;
        }
        old.rollback();
        if (attempt == LOCK_ATTEMPTS) {
          throw new StartRefused(
              "space "
                  + space.value()
                  + " is busy, for example with the upload of a file, and was not moved: try again"
                  + " later",
              failure);
        }
        MoveConnections.pause(LOCK_PAUSE);
      }
    }
  }

  /** Decides: from now on, the space is in its new database. */
  void leave() throws SQLException {
    try (PreparedStatement select = guard.prepareStatement(IS_MOVING)) {
      select.setObject(1, space.value());
      select.setInt(2, move);
      select.setInt(3, to);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        if (!row.getBoolean(1)) {
          throw new SQLException("the directory has changed");
        }
      }
    }
    Connection old = begun(source);
    try (PreparedStatement update = old.prepareStatement(LEAVE)) {
      update.setInt(1, move);
      update.setObject(2, space.value());
      if (update.executeUpdate() != 1) {
        throw new SQLException("the space is not in database " + from + " any more");
      }
    }
    old.commit();
  }

  /**
   * Opens the space in its new database, and has the directory name it.
   *
   * @return the time for which writers had to wait
   */
  Duration arrive() throws SQLException {
    places.end(new SpaceArrival(space, from, to, move), limits.fencedSeconds());
    return Duration.ofNanos(System.nanoTime() - fencedAt);
  }

  /**
   * Removes the rows of the space from its old database.
   *
   * @return false if something reads there for too long, so that it is left
   */
  boolean clear() throws SQLException {
    return places.clear(to);
  }

  /** Whether {@link #begin} has ended an earlier move, or removed what one had left. */
  boolean hasCleanedUp() {
    return places.hasCleanedUp();
  }

  /** The number of the database in which the space was. */
  int from() {
    return from;
  }

  /** The bytes that were copied. */
  long bytes() {
    return begun(rows).bytes();
  }

  private static <T> T begun(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("an earlier step is missing");
    }
    return value;
  }

  /** Ends the transactions that are open, and gives up the lock of the move. */
  @Override
  public void close() throws SQLException {
    Connection old = source;
    Connection other = target;
    try (guard;
        other;
        old) {
      source = null;
      target = null;
    }
  }
}
