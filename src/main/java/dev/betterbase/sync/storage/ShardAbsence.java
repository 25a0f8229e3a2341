package dev.betterbase.sync.storage;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;

/**
 * Whether one of several databases is away. Work on it fails at once then: callers must not wait
 * for it one after another until no thread is left for the spaces of other databases. The first
 * database is never away, because nothing works without it. Any thread may call.
 */
final class ShardAbsence {
  private static final Logger LOG = System.getLogger(ShardAbsence.class.getName());

  private static final String NO_CONNECTION = "08001";

  private final int number;
  private volatile boolean away;

  /**
   * @param number the number of the database, from 1
   */
  ShardAbsence(int number) {
    this.number = number;
  }

  boolean isAway() {
    return away;
  }

  /**
   * @throws SQLException if the database is away
   */
  void refuse() throws SQLException {
    if (away) {
      throw new SQLException("database " + number + " is away", NO_CONNECTION);
    }
  }

  /** There is no connection to the database; logged once. */
  synchronized void begin(String reason) {
    if (!away) {
      away = true;
      LOG.log(
          Level.WARNING,
          "Database {0} of DATABASE_SHARDS is away ({1}): its spaces are answered internal",
          number,
          reason);
    }
  }

  /** The database answers; logged once. */
  synchronized void end() {
    if (away) {
      away = false;
      LOG.log(Level.INFO, "Database {0} of DATABASE_SHARDS answers again", number);
    }
  }
}
