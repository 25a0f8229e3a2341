package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Whether PostgreSQL keeps what it has acknowledged when it crashes. Guides to make it fast turn
 * that off, also for a role or a database alone, and nothing shows it before the crash.
 */
final class Durability {
  private static final String GAPS =
      "select string_agg(name, ' and ' order by name) from pg_settings"
          + " where name in ('fsync', 'synchronous_commit') and setting = 'off'";

  private Durability() {}

  /**
   * The warning for an operator; empty if nothing is lost.
   *
   * @param connection one that is made like those of the server, because a role may have settings
   *     of its own
   */
  static Optional<String> warning(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(GAPS);
        ResultSet row = select.executeQuery()) {
      row.next();
      return Optional.ofNullable(row.getString(1))
          .map(
              gaps ->
                  "A crash of PostgreSQL may lose pushes that were acknowledged, or damage its"
                      + " data, because of "
                      + gaps
                      + " = off: set it to on in postgresql.conf, and reset it for the database and"
                      + " the role of this server");
    }
  }
}
