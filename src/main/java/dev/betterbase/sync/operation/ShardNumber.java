package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;

/**
 * Checks that a database is the one that DATABASE_SHARDS means. Each of several databases remembers
 * its number: in another order, spaces would not be found, and personal ones be made anew.
 */
public final class ShardNumber {
  /** Fails if another restore runs, or the same one meets a database that is named twice. */
  private static final String LOCK = "lock table database_shard in exclusive mode nowait";

  private static final String ASSIGN =
      "insert into database_shard (number, total) select ?, ?"
          + " where not exists (select from database_shard)";

  private static final String ASSIGNED =
      "select exists (select from database_shard where number = ? and total = ?)";

  private static final String LOCKED = "55P03";

  private ShardNumber() {}

  /**
   * Makes sure of all databases.
   *
   * @param databases from the first on, with the schema of this release
   * @throws SchemaMigrationException if one is another one; the message is one line
   */
  public static void requireAll(List<DataSource> databases) throws SchemaMigrationException {
    for (int i = 0; i < databases.size(); i++) {
      require(databases.get(i), i + 1, databases.size());
    }
  }

  /**
   * Joins an empty database to others, in a transaction of the caller. It may lack the functions of
   * its schema.
   *
   * @throws SchemaMigrationException if it has another number or other companions already, or
   *     someone else joins it; the message is one line
   */
  public static void assign(Connection connection, int number, int total)
      throws SQLException, SchemaMigrationException {
    try (Statement lock = connection.createStatement();
        PreparedStatement assign = connection.prepareStatement(ASSIGN);
        PreparedStatement assigned = connection.prepareStatement(ASSIGNED)) {
      lock.execute(LOCK);
      for (PreparedStatement each : List.of(assign, assigned)) {
        each.setInt(1, number);
        each.setInt(2, total);
      }
      int unused = assign.executeUpdate();
      try (ResultSet row = assigned.executeQuery()) {
        row.next();
        if (!row.getBoolean(1)) {
          throw new SchemaMigrationException(
              "database "
                  + number
                  + " of DATABASE_URL and DATABASE_SHARDS had another number, or belonged to"
                  + " others, before: name an empty database");
        }
      }
    } catch (SQLException failure) {
      if (LOCKED.equals(failure.getSQLState())) {
        throw new SchemaMigrationException(
            "database " + number + " of DATABASE_URL and DATABASE_SHARDS is in use, or named twice",
            failure);
      }
      throw failure;
    }
  }

  /**
   * Joins a database to the others, or finds that it has joined before.
   *
   * @param database has the schema of this release
   * @param number its number among the databases, from 1
   * @param total the number of databases; 1 without DATABASE_SHARDS
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
