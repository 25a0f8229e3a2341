package dev.betterbase.sync.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * The rows of all tables, in the form in which {@code pg_dump} writes them (COPY). It stands for
 * that program, which not every machine has.
 */
public final class Dump {
  // Tables that others refer to come first.
  private static final String TABLES =
      """
      select table_name from information_schema.tables where table_schema = 'public'
       order by array_position(array['spaces', 'records'], table_name::text), table_name
      """;

  private final Map<String, byte[]> rows = new LinkedHashMap<>();

  private Dump() {}

  /** Reads a database. */
  public static Dump of(Connection connection) throws SQLException, IOException {
    Dump dump = new Dump();
    CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
    try (Statement statement = connection.createStatement();
        ResultSet tables = statement.executeQuery(TABLES)) {
      while (tables.next()) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        copy.copyOut("copy " + tables.getString(1) + " to stdout", content);
        dump.rows.put(tables.getString(1), content.toByteArray());
      }
    }
    return dump;
  }

  /** Replaces the rows of a database with the same schema. */
  public void restore(Connection connection) throws SQLException, IOException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("truncate " + String.join(", ", rows.keySet()));
    }
    CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
    for (Map.Entry<String, byte[]> table : rows.entrySet()) {
      copy.copyIn(
          "copy " + table.getKey() + " from stdin", new ByteArrayInputStream(table.getValue()));
    }
  }
}
