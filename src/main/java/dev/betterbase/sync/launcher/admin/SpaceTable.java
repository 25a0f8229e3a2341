package dev.betterbase.sync.launcher.admin;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table whose rows belong to spaces, as the schema of the database has it. All names are quoted
 * where they need it.
 *
 * @param columns all columns
 * @param key the columns of its key
 * @param refersToSpaces whether it has rows of existing spaces only. The others are notes that may
 *     vanish at any moment
 */
record SpaceTable(String name, List<String> columns, List<String> key, boolean refersToSpaces) {
  /** In an order in which each comes behind those it refers to. The directory is no such table. */
  private static final String TABLES =
      """
      select quote_ident(t.relname),
             array(select quote_ident(a.attname) from pg_attribute a
                    where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
                    order by a.attnum),
             array(select quote_ident(a.attname) from pg_attribute a
                    where a.attrelid = t.oid and a.attnum = any (
                      select unnest(i.indkey) from pg_index i
                       where i.indexrelid = (
                         select u.indexrelid from pg_index u
                          where u.indrelid = t.oid and u.indisunique and u.indpred is null
                          order by not u.indisprimary, u.indexrelid limit 1))),
             exists (select from pg_constraint c
                      where c.conrelid = t.oid and c.contype = 'f'
                        and c.confrelid = 'spaces'::regclass)
        from pg_class t
        join pg_attribute of_space
          on of_space.attrelid = t.oid and of_space.attname = 'space_id'
         and not of_space.attisdropped
       where t.relkind in ('r', 'p') and not t.relispartition and t.relname <> 'space_shards'
         and t.relnamespace = (select n.oid from pg_namespace n where n.nspname = current_schema())
       order by (select count(*) from pg_constraint c
                  where c.conrelid = t.oid and c.contype = 'f'), t.relname
      """;

  private static final String COLUMNS =
      """
      select quote_ident(a.attname) from pg_attribute a
       where a.attrelid = 'spaces'::regclass and a.attnum > 0 and not a.attisdropped
         and a.attname not in ('id', 'elsewhere', 'move')
       order by a.attnum
      """;

  /** All such tables. */
  static List<SpaceTable> all(Connection connection) throws SQLException {
    List<SpaceTable> tables = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(TABLES);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        tables.add(
            new SpaceTable(
                rows.getString(1),
                strings(rows.getArray(2)),
                strings(rows.getArray(3)),
                rows.getBoolean(4)));
      }
    }
    return tables;
  }

  /** The columns of spaces itself, but for the id and those that say where the space is. */
  static List<String> columnsOfSpaces(Connection connection) throws SQLException {
    List<String> columns = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(COLUMNS);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        columns.add(rows.getString(1));
      }
    }
    return columns;
  }

  private static List<String> strings(Array array) throws SQLException {
    return List.of((String[]) array.getArray());
  }

  /** Its columns, separated by commas. */
  String columnList() {
    return String.join(", ", columns);
  }

  /** Inserts the rows of another table with the same columns, or updates those it has. */
  String merge(String from) {
    String changes =
        columns.stream()
            .filter(column -> !key.contains(column))
            .map(column -> column + " = excluded." + column)
            .collect(Collectors.joining(", "));
    return "insert into %s (%s) select %2$s from %s on conflict (%s) do %s"
        .formatted(
            name,
            columnList(),
            from,
            String.join(", ", key),
            changes.isEmpty() ? "nothing" : "update set " + changes);
  }
}
