package dev.betterbase.sync.launcher.backup;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.storage.MoveDecisions;
import dev.betterbase.sync.storage.SpaceArrival;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;

/**
 * Takes a snapshot of each of several databases, in which each space is whole in one of them, and
 * the directory names that one (docs/decisions/0020-many-databases.md, Backup).
 */
final class Snapshots {
  /** The last statement takes the snapshot; those before do not. */
  private static final String SNAPSHOT =
      "set transaction isolation level repeatable read, read only; select 1";

  private static final String LOCK_TIMED_OUT = "55P03";
  private static final int TIMEOUT_SECONDS = 60;

  private Snapshots() {}

  /**
   * Takes them, some milliseconds apart.
   *
   * @return the transactions that see them
   * @throws StartRefused if a move is about to be decided for a minute
   */
  static Transactions take(List<DataSource> databases) throws SQLException {
    // There are no moves if there is one database.
    List<DataSource> moving = databases.size() > 1 ? databases : List.of();
    Transactions snapshots = Transactions.on(databases);
    try (Transactions locks = Transactions.on(moving)) {
      preventDecisions(locks);
      endDecidedMoves(snapshots);
      // The first is the last: a space is made only after the directory has its row.
      for (Connection connection : snapshots.connections().reversed()) {
        take(connection);
      }
      return snapshots;
    } catch (SQLException | StartRefused failure) {
      snapshots.close();
      throw failure;
    }
  }

  private static void preventDecisions(Transactions locks) throws SQLException {
    try {
      for (Connection connection : locks.connections()) {
        Transactions.begin(connection);
        MoveDecisions.prevent(connection);
      }
    } catch (SQLException failure) {
      if (LOCK_TIMED_OUT.equals(failure.getSQLState())) {
        throw new StartRefused("a space is being moved for too long: try again later", failure);
      }
      throw failure;
    }
  }

  /** Otherwise such a space would be in neither database until a server ends its move. */
  private static void endDecidedMoves(Transactions databases) throws SQLException {
    for (SpaceArrival move : SpaceArrival.pending(databases.first(), TIMEOUT_SECONDS)) {
      if (move.hasLeft(databases.connections().get(move.from() - 1), TIMEOUT_SECONDS)) {
        Connection target = databases.connections().get(move.to() - 1);
        move.arrive(target, TIMEOUT_SECONDS);
        target.commit();
        move.record(databases.first(), TIMEOUT_SECONDS);
      }
    }
    databases.commit();
  }

  private static void take(Connection connection) throws SQLException {
    Transactions.begin(connection);
    try (Statement statement = connection.createStatement()) {
      statement.execute(SNAPSHOT);
    }
  }
}
