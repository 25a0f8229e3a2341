package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * That a database is the one that DATABASE_SHARDS means. Each of several databases remembers its
 * number: in another order, spaces would not be found, and personal ones be made anew.
 */
public final class ShardNumber {
  private ShardNumber() {}

  /**
   * Joins a database to the others, or finds that it has joined before.
   *
   * @param database has the schema of this release
   * @param number which of the databases it is meant to be, from 1
   * @param total how many there are; 1 without DATABASE_SHARDS
   * @throws SchemaMigrationException if it is another one; the message is one line
   */
  public static void require(DataSource database, int number, int total)
      throws SchemaMigrationException {
    String code;
    try (Connection connection = database.getConnection();
        PreparedStatement join = connection.prepareStatement("select join_shards(?, ?)")) {
      join.setInt(1, number);
      join.setInt(2, total);
      try (ResultSet row = join.executeQuery()) {
        row.next();
        code = row.getString(1);
      }
    } catch (SQLException failure) {
      throw new SchemaMigrationException("the number of the database cannot be read", failure);
    }
    switch (code) {
      case "joined" -> {}
      case "other" ->
          throw new SchemaMigrationException(
              "database "
                  + number
                  + " of DATABASE_URL and DATABASE_SHARDS had another number before: keep their"
                  + " order");
      case "fewer" ->
          throw new SchemaMigrationException(
              "DATABASE_URL and DATABASE_SHARDS name fewer databases than before ("
                  + total
                  + " now), and spaces may be in any of them: name them all");
      case "used" ->
          throw new SchemaMigrationException(
              "database "
                  + number
                  + " of DATABASE_URL and DATABASE_SHARDS has spaces of its own: name an empty"
                  + " database");
      default -> throw new IllegalStateException("join_shards answered " + code);
    }
  }
}
