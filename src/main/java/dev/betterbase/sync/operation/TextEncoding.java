package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Whether a database can store every text. The only text with other characters than those of ASCII
 * is {@code client_id}, which an issuer chooses. SQL_ASCII stores the bytes of UTF-8 as they are.
 */
final class TextEncoding {
  private static final String NARROW =
      "select current_setting('server_encoding')"
          + " where current_setting('server_encoding') not in ('UTF8', 'SQL_ASCII')";

  private TextEncoding() {}

  /** The warning for an operator; empty if every text can be stored. */
  static Optional<String> warning(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(NARROW);
        ResultSet row = select.executeQuery()) {
      return row.next()
          ? Optional.of(
              ("The database has the encoding %1$s: requests of a client whose client_id has a"
                      + " character that %1$s lacks fail with internal. Make a database with"
                      + " ENCODING 'UTF8', and move the data there with the commands backup and"
                      + " restore")
                  .formatted(row.getString(1)))
          : Optional.empty();
    }
  }
}
