package dev.betterbase.sync.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Remembers that the disk of a PostgreSQL was full, until it has room again. */
final class DiskRoom {
  private static final String DISK_FULL = "53100";
  private static final String LITTLE_MEMORY = "set local work_mem = '64kB'";

  /** Writes about 2 MB to the disk. */
  private static final String SORT =
      """
      select count(*) from (
        select md5(n::text) as hash from generate_series(1, 20000) as n order by hash offset 0) as sorted
      """;

  private volatile boolean full;

  /** A statement failed, for this or another reason. */
  void failed(SQLException failure) {
    if (DISK_FULL.equals(failure.getSQLState())) {
      full = true;
    }
  }

  /**
   * After a statement has failed because the disk was full: tries whether it has room again.
   * Otherwise does nothing.
   *
   * @throws StorageException if it is still full
   */
  void require(Database database) {
    if (!full) {
      return;
    }
    full = false;
    try {
      database.run("look for room on the disk", connection -> sortOnDisk(database, connection));
    } catch (StorageException failure) {
      // Other failures have statements of their own that look for them.
      if (full) {
        throw failure;
      }
    }
  }

  /** Needs no right of the role, and leaves nothing behind. */
  private static boolean sortOnDisk(Database database, Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement memory = database.statement(connection, LITTLE_MEMORY);
        PreparedStatement sort = database.statement(connection, SORT)) {
      memory.execute();
      return sort.execute();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }
}
