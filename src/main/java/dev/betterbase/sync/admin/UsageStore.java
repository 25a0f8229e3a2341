package dev.betterbase.sync.admin;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Counts the data stored in a database. It reads whole tables, though not the blobs in them: the
 * length of a blob comes from its header. All methods throw {@link StorageException}.
 */
public final class UsageStore {
  private static final String TOTALS =
      """
      select (select count(*) from spaces where elsewhere is null),
             r.live, r.bytes, r.deleted, f.live, f.bytes, f.deleted,
             (select count(*) from file_removals), (select count(*) from invitations)
        from (select count(*) filter (where not deleted) as live,
                     coalesce(sum(octet_length(blob)) filter (where not deleted), 0) as bytes,
                     count(*) filter (where deleted) as deleted
                from records) r,
             (select count(*) filter (where not deleted) as live,
                     coalesce(sum(size) filter (where not deleted), 0) as bytes,
                     count(*) filter (where deleted) as deleted
                from files) f
      """;

  private static final String MOST_RECORD_BYTES =
      "select space_id, sum(octet_length(blob)) as bytes from records where not deleted"
          + " group by space_id order by bytes desc, space_id limit ?";

  private static final String MOST_FILE_BYTES =
      "select space_id, sum(size) as bytes from files where not deleted"
          + " group by space_id order by bytes desc, space_id limit ?";

  private static final String ONE_SPACE = "select cast(? as uuid) as space_id, 0 as bytes";

  /** Spaces that are in another database are left out. */
  private static final String SUMMARIES =
      """
      with most as (%s)
      select s.id, s.root_public_key is not null, s.client_id, s.home_server, s.cursor,
             s.key_generation, s.created_at, s.updated_at,
             r.live, r.bytes, r.deleted, f.live, f.bytes,
             (select count(*) from members m where m.space_id = s.id)
        from most
        join spaces s on s.id = most.space_id and s.elsewhere is null,
             lateral (select count(*) filter (where not deleted) as live,
                             coalesce(sum(octet_length(blob)) filter (where not deleted), 0) as bytes,
                             count(*) filter (where deleted) as deleted
                        from records where space_id = s.id) r,
             lateral (select count(*) as live, coalesce(sum(size), 0) as bytes
                        from files where space_id = s.id and not deleted) f
       order by most.bytes desc, s.id
      """;

  private static final String TABLES =
      "select relname, n_live_tup, n_dead_tup, pg_total_relation_size(relid) as bytes"
          + " from pg_stat_user_tables where schemaname = current_schema()"
          + " order by bytes desc, relname";

  private final Database database;

  /**
   * @param database whose statement time-out holds for each of a few statements
   */
  public UsageStore(Database database) {
    this.database = database;
  }

  /**
   * The amount of stored data.
   *
   * @param largest the number of largest spaces that are named
   */
  public Usage usage(int largest) {
    return database.run(
        "sum up usage",
        connection ->
            new Usage(
                totals(connection),
                summaries(connection, MOST_RECORD_BYTES, largest),
                summaries(connection, MOST_FILE_BYTES, largest),
                tables(connection)));
  }

  /** The amount of data in a space; empty if the space is not in this database. */
  public Optional<SpaceSummary> space(UUID id) {
    return database.run(
        "summarise space", connection -> summaries(connection, ONE_SPACE, id).stream().findFirst());
  }

  private Usage.Totals totals(Connection connection) throws SQLException {
    try (PreparedStatement select = database.statement(connection, TOTALS);
        ResultSet row = select.executeQuery()) {
      row.next();
      return new Usage.Totals(
          row.getLong(1),
          row.getLong(2),
          row.getLong(3),
          row.getLong(4),
          row.getLong(5),
          row.getLong(6),
          row.getLong(7),
          row.getLong(8),
          row.getLong(9));
    }
  }

  /**
   * The summaries of some spaces.
   *
   * @param most selects them
   * @param parameter of that
   */
  private List<SpaceSummary> summaries(Connection connection, String most, Object parameter)
      throws SQLException {
    try (PreparedStatement select = database.statement(connection, SUMMARIES.formatted(most))) {
      select.setObject(1, parameter);
      List<SpaceSummary> spaces = new ArrayList<>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          spaces.add(
              new SpaceSummary(
                  Database.uuid(row, 1),
                  row.getBoolean(2),
                  row.getString(3),
                  Optional.ofNullable(row.getString(4)),
                  row.getLong(5),
                  row.getInt(6),
                  row.getTimestamp(7).toInstant(),
                  row.getTimestamp(8).toInstant(),
                  row.getLong(9),
                  row.getLong(10),
                  row.getLong(11),
                  row.getLong(12),
                  row.getLong(13),
                  row.getLong(14)));
        }
      }
      return spaces;
    }
  }

  private List<Usage.Table> tables(Connection connection) throws SQLException {
    try (PreparedStatement select = database.statement(connection, TABLES);
        ResultSet row = select.executeQuery()) {
      List<Usage.Table> tables = new ArrayList<>();
      while (row.next()) {
        tables.add(
            new Usage.Table(row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4)));
      }
      return tables;
    }
  }
}
