package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  private static final String APPLIED =
      "select version::int, script, checksum from "
          + SchemaState.HISTORY
          + " where success and version is not null and type = 'SQL'";

  /**
   * The end of the name of a script that older releases can work behind, such as {@code
   * V9__new_column_allows_8.sql}: those that make version 8 or a later one.
   */
  private static final Pattern ALLOWS = Pattern.compile("_allows_(\\d{1,6})\\.sql$");

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
   * Whether a newer release has migrated the schema and lets this one work on it: each script that
   * this build does not know says so in its name, and those that it knows were applied as they are
   * now. The functions are then those of the newer release.
   */
  static boolean isOfNewerRelease(Connection connection) throws SQLException {
    int latest = SchemaMigration.latestVersion();
    if (version(connection) <= latest) {
      return false;
    }
    Map<String, Integer> own = new HashMap<>();
    for (MigrationFile file : MigrationFile.ALL) {
      if (file.version() > 0) {
        own.put(file.name(), file.checksum());
      }
    }
    try (PreparedStatement select = connection.prepareStatement(APPLIED);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        String script = rows.getString(2);
        if (rows.getInt(1) > latest) {
          if (!allows(script, latest)) {
            return false;
          }
        } else {
          Integer checksum = own.remove(script);
          if (checksum == null || checksum != rows.getInt(3)) {
            return false;
          }
        }
      }
    }
    return own.keySet().stream().allMatch(script -> script.startsWith(FIRST));
  }

  private static boolean allows(String script, int version) {
    Matcher allows = ALLOWS.matcher(script);
    return allows.find() && Integer.parseInt(allows.group(1)) <= version;
  }

  /**
   * Whether every script of this build was applied as it is now, and nothing else is in the
   * history. If not, or if in doubt, Flyway decides.
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
