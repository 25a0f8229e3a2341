package dev.betterbase.sync.operation;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether a schema has all that the migrations have made. A dump has the history near its beginning
 * and the constraints at its end. One that was cut off, or restored with errors that nobody saw,
 * makes a database that seems to be up to date, lacks rows, and answers {@code internal}.
 */
final class SchemaObjects {
  /** Names the objects that this release makes. A test compares it with the migrations. */
  private static final String FILE = "/db/objects.txt";

  private static final int SHOWN = 3;

  /**
   * Without the indexes that only make it faster, and the table of Flyway. An operator may have
   * partitioned a table.
   */
  private static final String PRESENT =
      """
      with here as (select oid from pg_namespace where nspname = current_schema())
      select object from (
        select case when relkind in ('r', 'p') then 'table ' else 'index ' end || relname as object
          from pg_class c, here
         where relnamespace = here.oid
           and (relkind in ('r', 'p') or c.oid in (select indexrelid from pg_index where indisunique))
        union select 'constraint ' || conname from pg_constraint, here
         where connamespace = here.oid and contype in ('c', 'f')
        union select 'trigger ' || tgname
          from pg_trigger join pg_class c on c.oid = tgrelid, here
         where c.relnamespace = here.oid and not tgisinternal
        union select 'function ' || proname from pg_proc, here
         where pronamespace = here.oid) as objects
       where object !~ '^[a-z]+ flyway_'
      """;

  private SchemaObjects() {}

  /**
   * Requires all of them in the current schema.
   *
   * @throws SchemaMigrationException if something is missing
   */
  static void requireAll(Connection connection) throws SQLException, SchemaMigrationException {
    Set<String> present = present(connection);
    List<String> missing = expected().stream().filter(each -> !present.contains(each)).toList();
    if (!missing.isEmpty()) {
      throw new SchemaMigrationException(
          "the database lacks "
              + String.join(", ", missing.subList(0, Math.min(SHOWN, missing.size())))
              + (missing.size() > SHOWN ? " and " + (missing.size() - SHOWN) + " more" : "")
              + ", which its history says it has, as after a dump that was cut off or restored with"
              + " errors: restore a whole dump into an empty database");
    }
  }

  /** The objects that the migrations make, in the order of their kinds and names. */
  static List<String> expected() {
    InputStream content = SchemaObjects.class.getResourceAsStream(FILE);
    if (content == null) {
      throw new IllegalStateException("this build lacks " + FILE);
    }
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(content, StandardCharsets.UTF_8))) {
      return lines.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The objects of these kinds in the current schema, also those of others. */
  static Set<String> present(Connection connection) throws SQLException {
    Set<String> present = new HashSet<>();
    try (PreparedStatement select = connection.prepareStatement(PRESENT);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        present.add(rows.getString(1));
      }
    }
    return present;
  }
}
