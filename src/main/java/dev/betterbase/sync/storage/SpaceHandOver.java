package dev.betterbase.sync.storage;

import dev.betterbase.sync.protocol.SpaceId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Hands over the count of a space for the quota of its owner, after the space has moved to another
 * database (docs/decisions/0020-many-databases.md, Quotas of a person). It counts in its old
 * database until the first has written down that it is to be asked for in the new one. The steps,
 * in this order, may be done again at any time, by several at the same time.
 *
 * @param space the space that has moved
 * @param from the number of the database that it has left
 * @param to the number of its database; 0 if it was deleted
 */
public record SpaceHandOver(SpaceId space, int from, int to) {
  private static final String OWNER =
      "select owner_hash from spaces where id = ? and elsewhere = 'left' and owner_hash is not"
          + " null";

  private static final String NUMBER = "select hand_over_space(?, ?, ?)";
  private static final String RELEASE = "select release_space(?, ?)";

  /**
   * For whom the space counts in the old database.
   *
   * @param timeoutSeconds the longest time of the statement, as in the methods below
   * @return empty if it counts for nobody there
   */
  public Optional<String> owner(Connection old, int timeoutSeconds) throws SQLException {
    try (PreparedStatement select = old.prepareStatement(OWNER)) {
      select.setQueryTimeout(timeoutSeconds);
      select.setObject(1, space.value());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }

  /** Has the first database ask the new one what counts there. Returns the number of this step. */
  public long number(Connection first, String owner, int timeoutSeconds) throws SQLException {
    try (PreparedStatement select = first.prepareStatement(NUMBER)) {
      select.setQueryTimeout(timeoutSeconds);
      select.setObject(1, space.value());
      select.setString(2, owner);
      select.setInt(3, to);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** Ends the count in the old database. */
  public void release(Connection old, long number, int timeoutSeconds) throws SQLException {
    try (PreparedStatement select = old.prepareStatement(RELEASE)) {
      select.setQueryTimeout(timeoutSeconds);
      select.setObject(1, space.value());
      select.setLong(2, number);
      select.execute();
    }
  }
}
