package dev.betterbase.sync.quota;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The quotas that hold when a caller writes. The statement that writes also counts, under the lock
 * of the space, so no number of parallel writes gets past a quota.
 *
 * @param spaceBytes bytes of blobs and files in one space; empty for no limit
 * @param personBytes the same in all spaces of one person; empty for no limit
 * @param personSpaces shared spaces that one person may have created; empty for no limit
 * @param person the pseudonym of the caller, for whom a personal or a new space counts; empty if
 *     people are not counted, or the caller is a peer
 */
public record StorageQuota(
    OptionalLong spaceBytes,
    OptionalLong personBytes,
    OptionalInt personSpaces,
    Optional<String> person) {

  /** No quota. */
  public static final StorageQuota NONE =
      new StorageQuota(
          OptionalLong.empty(), OptionalLong.empty(), OptionalInt.empty(), Optional.empty());

  /**
   * A quota forbids a change.
   *
   * @param limit the quota: bytes, or a number of spaces
   * @param used the bytes that count for it now, without the change
   */
  public record Exceeded(long limit, long used) {}

  /** Binds the quota of a space, the person and the person's quota: parameters of what writes. */
  public void bind(PreparedStatement statement, int first) throws SQLException {
    bind(statement, first, spaceBytes);
    statement.setString(first + 1, person.orElse(null));
    bind(statement, first + 2, personBytes);
  }

  /** Binds the person and the most spaces of a person: parameters of what creates a space. */
  public void bindSpaces(PreparedStatement statement, int first) throws SQLException {
    statement.setString(first, person.orElse(null));
    if (personSpaces.isPresent()) {
      statement.setInt(first + 1, personSpaces.getAsInt());
    } else {
      statement.setNull(first + 1, Types.INTEGER);
    }
  }

  /** The same without a quota of spaces, if they were counted before. */
  public StorageQuota withoutSpaces() {
    return new StorageQuota(spaceBytes, personBytes, OptionalInt.empty(), person);
  }

  private static void bind(PreparedStatement statement, int index, OptionalLong quota)
      throws SQLException {
    if (quota.isPresent()) {
      statement.setLong(index, quota.getAsLong());
    } else {
      statement.setNull(index, Types.BIGINT);
    }
  }

  /** Names no person. */
  @Override
  public String toString() {
    return "StorageQuota[" + spaceBytes + ", " + personBytes + ", " + personSpaces + "]";
  }
}
