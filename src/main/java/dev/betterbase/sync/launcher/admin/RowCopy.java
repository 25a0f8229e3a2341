package dev.betterbase.sync.launcher.admin;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/**
 * Copies the rows of one space from a database to another, within a transaction of the caller on
 * each. It holds one row at a time.
 *
 * <p>Changes since an earlier snapshot are found by the transaction that wrote each row (its xmin),
 * not by cursors: a rewrap changes DEKs under the cursors that they have. A row is copied again if
 * its transaction is not older than all that ran at that snapshot, so some are copied twice, and
 * none is missed.
 */
final class RowCopy {
  private static final String ROWS = "copy (select %s from %s where space_id = '%s'%s) to stdout";
  private static final String SINCE = " and age(xmin) <= age('%s'::xid)";
  private static final String INCOMING = "incoming";
  private static final String DROP = "drop table " + INCOMING;
  private static final String BINARY = " (format binary)";
  private static final String OLDEST = "select pg_snapshot_xmin(pg_current_snapshot())::xid::text";

  private final Connection source;
  private final Connection target;
  private final UUID space;
  private final List<SpaceTable> tables;
  private long bytes;

  RowCopy(Connection source, Connection target, UUID space, List<SpaceTable> tables) {
    this.source = source;
    this.target = target;
    this.space = space;
    this.tables = tables;
  }

  /**
   * A moment in the source.
   *
   * @param oldest the oldest transaction that ran then; whatever older ones wrote was seen
   */
  record Snapshot(String oldest) {}

  /** The bytes that were copied. */
  long bytes() {
    return bytes;
  }

  /**
   * The snapshot of the transaction on the source, which is a repeatable read and has done nothing
   * yet.
   */
  Snapshot snapshot() throws SQLException {
    try (PreparedStatement select = source.prepareStatement(OLDEST);
        ResultSet row = select.executeQuery()) {
      row.next();
      return new Snapshot(row.getString(1));
    }
  }

  /**
   * Copies the rows of all tables.
   *
   * @param since copies only rows that have changed since; null if the target has none
   * @return the number of rows
   */
  long rows(@Nullable Snapshot since) throws SQLException {
    long rows = 0;
    for (SpaceTable table : tables) {
      String changed = since == null ? "" : SINCE.formatted(since.oldest());
      String select = ROWS.formatted(table.columnList(), table.name(), space, changed) + BINARY;
      if (since == null) {
        rows += stream(select, "copy " + table.name() + " (" + table.columnList() + ")");
      } else {
        makeRoom(table.name());
        rows += stream(select, "copy " + INCOMING + " (" + table.columnList() + ")");
        execute(table.merge(INCOMING));
        execute(DROP);
      }
    }
    return rows;
  }

  /** Copies these columns of the row of the space itself, which the target has. */
  void space(List<String> columns) throws SQLException {
    makeRoom("spaces");
    String list = "id, " + String.join(", ", columns);
    long unused =
        stream(
            "copy (select %s from spaces where id = '%s') to stdout".formatted(list, space)
                + BINARY,
            "copy " + INCOMING + " (" + list + ")");
    execute(
        columns.stream()
            .map(column -> column + " = i." + column)
            .collect(
                Collectors.joining(
                    ", ", "update spaces s set ", " from incoming i where s.id = i.id")));
    execute(DROP);
  }

  private void makeRoom(String like) throws SQLException {
    execute(
        "create temporary table "
            + INCOMING
            + " on commit drop as table "
            + like
            + " with no data");
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = target.createStatement()) {
      statement.execute(sql);
    }
  }

  private long stream(String select, String into) throws SQLException {
    CopyOut out = source.unwrap(PGConnection.class).getCopyAPI().copyOut(select);
    CopyIn in =
        target.unwrap(PGConnection.class).getCopyAPI().copyIn(into + " from stdin" + BINARY);
    for (byte[] part = out.readFromCopy(); part != null; part = out.readFromCopy()) {
      in.writeToCopy(part, 0, part.length);
      bytes += part.length;
    }
    return in.endCopy();
  }
}
