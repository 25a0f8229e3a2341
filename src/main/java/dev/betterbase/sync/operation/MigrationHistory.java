package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * Flyway's history, read without Flyway. Most starts find nothing to migrate, and Flyway loads a
 * thousand classes to find that out.
 */
final class MigrationHistory {
  private static final String ROWS =
      "select script, checksum, type, version, success from "
          + SchemaState.HISTORY
          + " order by installed_rank";

  private static final String VERSION =
      "select max(version::int) from " + SchemaState.HISTORY + " where success";

  /** The script that an adopted database has instead as its baseline. */
  private static final String FIRST = "V1__";

  private MigrationHistory() {}

  /** The version of the schema. */
  static int version(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(VERSION);
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getInt(1);
    }
  }

  /**
   * Whether every script of this build was applied as it is now, and nothing else is in the
   * history. If not, or if in doubt, Flyway decides what is to be done.
   */
  static boolean isUpToDate(Connection connection) throws SQLException {
    Map<String, Integer> applied = new HashMap<>();
    boolean adopted = false;
    try (PreparedStatement select = connection.prepareStatement(ROWS);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        if (!rows.getBoolean("success")) {
          return false;
        }
        switch (rows.getString("type")) {
          case "SQL" -> applied.put(rows.getString("script"), rows.getInt("checksum"));
          case "BASELINE" -> adopted = "1".equals(rows.getString("version"));
          default -> {
            return false;
          }
        }
      }
    }
    for (MigrationFile file : MigrationFile.ALL) {
      Integer checksum = applied.remove(file.name());
      boolean replaced = checksum == null && adopted && file.name().startsWith(FIRST);
      if (!replaced && (checksum == null || checksum != file.checksum())) {
        return false;
      }
    }
    // A script that a release has dropped may be left if it is a repeatable one.
    return applied.keySet().stream().allMatch(script -> script.startsWith("R__"));
  }
}
