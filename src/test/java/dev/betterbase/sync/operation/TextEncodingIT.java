package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator is told of a database that cannot store every {@code client_id}. */
@DatabaseTest
class TextEncodingIT {
  private static final String CLIENT = "Zoë 王 😀";

  private static Optional<String> warning(DataSource database) throws SQLException {
    try (Connection connection = database.getConnection()) {
      return TextEncoding.warning(connection);
    }
  }

  /** Makes a personal space as a first push does, and reads it back. */
  private static String stored(DataSource database) throws SQLException {
    UUID space = UUID.randomUUID();
    try (Connection connection = database.getConnection();
        PreparedStatement push =
            connection.prepareStatement("insert into spaces (id, client_id) values (?, ?)");
        PreparedStatement select =
            connection.prepareStatement("select client_id from spaces where id = ?")) {
      push.setObject(1, space);
      push.setString(2, CLIENT);
      push.executeUpdate();
      select.setObject(1, space);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }

  @Test
  void anEncodingThatLacksCharacters() throws SQLException {
    DataSource database = Databases.newlyMigrated("LATIN1");
    assertThat(warning(database)).hasValueSatisfying(text -> assertThat(text).contains("LATIN1"));
    assertThatThrownBy(() -> stored(database)).hasMessageContaining("has no equivalent");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF8", "SQL_ASCII"})
  void anEncodingThatHasAllCharacters(String encoding) throws SQLException {
    DataSource database = Databases.newlyMigrated(encoding);
    assertThat(stored(database)).isEqualTo(CLIENT);
    assertThat(warning(database)).isEmpty();
  }
}
