package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

/** Spaces that are filled by SQL, as if each record had been pushed by itself. */
final class Filling {
  private static final String SPACE = "insert into spaces (id, client_id, cursor) values (?, ?, ?)";

  // The content of a blob does not matter, only that its size and place are those of a push.
  private static final String RECORDS =
      """
      insert into records (space_id, id, blob, cursor, wrapped_dek)
        select ?, gen_random_uuid(), decode(repeat(md5(n::text), 32), 'hex'), n,
               decode('00000001' || repeat('ab', 40), 'hex')
          from generate_series(1, ?) as n
      """;

  private Filling() {}

  /** Makes the space of the person with this many records of 512 bytes. */
  static void fill(BenchServer server, TestUser user, int records)
      throws IOException, SQLException {
    UUID space = UUID.fromString(user.personalSpace());
    try (Connection connection = server.connect();
        PreparedStatement makeSpace = connection.prepareStatement(SPACE);
        PreparedStatement makeRecords = connection.prepareStatement(RECORDS)) {
      makeSpace.setObject(1, space);
      makeSpace.setString(2, user.client());
      makeSpace.setLong(3, records);
      makeSpace.executeUpdate();
      makeRecords.setObject(1, space);
      makeRecords.setInt(2, records);
      makeRecords.executeUpdate();
    }
  }
}
