package dev.betterbase.sync.storage;

import dev.betterbase.sync.protocol.SpaceId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The end of the move of a space (docs/decisions/0020-many-databases.md, Moving a space). Once the
 * row of the space in its old database says that it has left, the move is decided. The command then
 * ends it, or a server that finds the row if the command has died. Each step may be done twice, by
 * several at the same time.
 *
 * @param space the space that moves
 * @param from the number of its old database
 * @param to the number of its new database
 * @param move the number of the move
 */
public record SpaceArrival(SpaceId space, int from, int to, int move) {
  private static final String ALL_MOVING =
      "select space_id, shard, moving_to, move from space_shards where moving_to is not null";

  private static final String MOVING = ALL_MOVING + " and space_id = any (?)";

  private static final String HAS_LEFT =
      "select exists (select from spaces where id = ? and elsewhere = 'left' and move = ?)";

  private static final String ARRIVE =
      "update spaces set elsewhere = null where id = ? and elsewhere = 'arriving' and move = ?";

  private static final String RECORD =
      "update space_shards set shard = moving_to, moving_to = null"
          + " where space_id = ? and move = ? and moving_to is not null";

  /**
   * The moves of these spaces that have not ended, by the directory.
   *
   * @param first the first database
   * @param timeoutSeconds the longest time of the statement, as in the methods below
   */
  public static List<SpaceArrival> pending(
      Connection first, Collection<SpaceId> spaces, int timeoutSeconds) throws SQLException {
    try (PreparedStatement select = first.prepareStatement(MOVING)) {
      select.setQueryTimeout(timeoutSeconds);
      select.setArray(
          1, first.createArrayOf("uuid", spaces.stream().map(SpaceId::value).toArray()));
      return arrivals(select);
    }
  }

  /** The same of all spaces. */
  public static List<SpaceArrival> pending(Connection first, int timeoutSeconds)
      throws SQLException {
    try (PreparedStatement select = first.prepareStatement(ALL_MOVING)) {
      select.setQueryTimeout(timeoutSeconds);
      return arrivals(select);
    }
  }

  private static List<SpaceArrival> arrivals(PreparedStatement select) throws SQLException {
    List<SpaceArrival> moving = new ArrayList<>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        moving.add(
            new SpaceArrival(
                new SpaceId(Database.uuid(rows, 1)),
                rows.getInt(2),
                rows.getInt(3),
                rows.getInt(4)));
      }
    }
    return moving;
  }

  /** Whether the space has left its old database, which decides the move. */
  public boolean hasLeft(Connection old, int timeoutSeconds) throws SQLException {
    try (PreparedStatement select = bound(old, HAS_LEFT, timeoutSeconds);
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /** Opens the space in its new database. */
  public void arrive(Connection target, int timeoutSeconds) throws SQLException {
    change(target, ARRIVE, timeoutSeconds);
  }

  /** Has the directory, which is in the first database, name the new database. */
  public void record(Connection first, int timeoutSeconds) throws SQLException {
    change(first, RECORD, timeoutSeconds);
  }

  // No row is changed where someone else was first.
  private void change(Connection connection, String sql, int timeoutSeconds) throws SQLException {
    try (PreparedStatement update = bound(connection, sql, timeoutSeconds)) {
      int unused = update.executeUpdate();
    }
  }

  private PreparedStatement bound(Connection connection, String sql, int timeoutSeconds)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      statement.setQueryTimeout(timeoutSeconds);
      statement.setObject(1, space.value());
      statement.setInt(2, move);
    } catch (SQLException failure) {
      statement.close();
      throw failure;
    }
    return statement;
  }
}
