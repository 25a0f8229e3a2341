package dev.betterbase.sync.launcher.backup;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.protocol.Sha256;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Copies the rows of all tables out of a database, and into one with the same schema, within a
 * transaction of the caller. It uses COPY in binary, because the embedded PostgreSQL has no {@code
 * pg_dump} (docs/decisions/0015-backup.md).
 */
final class DatabaseCopy {
  /** The tables with data, in an order in which each comes behind those it refers to. */
  static final List<String> TABLES =
      List.of(
          "spaces",
          "records",
          "files",
          "members",
          "revocations",
          "invitations",
          "rate_limit_actions",
          "federation_signing_keys",
          "mailbox_issuers",
          "peer_signatures",
          "file_removals");

  /**
   * The tables that say where spaces are, and for whom shared ones count. Only the first of several
   * databases has rows in them. Grants of quotas are not copied, because each database asks anew.
   */
  static final List<String> DIRECTORY = List.of("space_shards", "person_spaces");

  /** Keeps the earlier release from starting on a database that it was adopted from. */
  private static final String EARLIER_HISTORY = "_sqlx_migrations";

  private static final String CREATE_EARLIER_HISTORY =
      "create table _sqlx_migrations (version bigint primary key, description text not null,"
          + " installed_on timestamptz not null default now(), success boolean not null,"
          + " checksum bytea not null, execution_time bigint not null)";

  private static final List<String> EARLIER_HISTORY_COLUMNS =
      List.of("version", "description", "installed_on", "success", "checksum", "execution_time");

  private static final String COLUMNS =
      "select quote_ident(column_name) from information_schema.columns"
          + " where table_schema = current_schema() and table_name = ? order by ordinal_position";

  /** Rows of the earlier release may break them. */
  private static final String UNVALIDATED =
      "select conname from pg_constraint where not convalidated and contype in ('c', 'f')"
          + " and connamespace = (select oid from pg_namespace where nspname = current_schema())"
          + " order by conname";

  private static final String CONSTRAINT =
      "select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)"
          + " from pg_constraint where conname = ? and contype in ('c', 'f')"
          + " and connamespace = (select oid from pg_namespace where nspname = current_schema())";

  /** The row is then not of the transaction that it names, so the database looks restored. */
  private static final String MARK_RESTORED = "update database_origin set written_by = '1'";

  private final Connection connection;
  private final CopyManager copy;
  private final List<String> tables;

  /**
   * @param hasDirectory whether the database is the first of several
   */
  DatabaseCopy(Connection connection, boolean hasDirectory) throws SQLException {
    this.connection = connection;
    this.copy = connection.unwrap(PGConnection.class).getCopyAPI();
    this.tables =
        hasDirectory ? Stream.concat(TABLES.stream(), DIRECTORY.stream()).toList() : TABLES;
  }

  /**
   * Writes the rows of all tables into files of a backup.
   *
   * @param folder that of the database, which is made
   */
  Manifest.Rows write(Path folder) throws SQLException, IOException {
    Files.createDirectories(folder);
    List<Manifest.Table> written = new ArrayList<>();
    for (String table : tables) {
      written.add(write(table, folder));
    }
    if (!columns(EARLIER_HISTORY).isEmpty()) {
      written.add(write(EARLIER_HISTORY, folder));
    }
    return new Manifest.Rows(written, strings(UNVALIDATED, Optional.empty()));
  }

  private Manifest.Table write(String table, Path folder) throws SQLException, IOException {
    List<String> columns = columns(table);
    MessageDigest digest = Sha256.digest();
    Path file = new Manifest.Table(table, columns, 0, "").file(folder);
    try (OutputStream out =
        new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(file)), digest)) {
      long rows = copy.copyOut("copy " + list(table, columns) + " to stdout (format binary)", out);
      return new Manifest.Table(table, columns, rows, HexFormat.of().formatHex(digest.digest()));
    }
  }

  /** Whether no table has a row. */
  boolean isEmpty() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : tables) {
        try (ResultSet row = statement.executeQuery("select exists (select from " + table + ")")) {
          row.next();
          if (row.getBoolean(1)) {
            return false;
          }
        }
      }
      return true;
    }
  }

  /**
   * Reads the rows of a backup into the empty tables, and marks the database as restored.
   *
   * @param folder that of the database
   * @throws StartRefused if the backup is damaged or does not fit the tables
   */
  void read(Manifest.Rows rows, Path folder) throws SQLException, IOException {
    for (Manifest.Table table : rows.tables()) {
      requireKnown(table);
      requireWhole(table, folder);
    }
    try (Statement statement = connection.createStatement()) {
      List<String> again = new ArrayList<>();
      for (String constraint : rows.unvalidated()) {
        suspend(constraint, statement).ifPresent(again::add);
      }
      for (Manifest.Table table : rows.tables()) {
        if (table.name().equals(EARLIER_HISTORY)) {
          statement.execute(CREATE_EARLIER_HISTORY);
        }
        read(table, folder);
      }
      for (String constraint : again) {
        statement.execute(constraint);
      }
      statement.execute(MARK_RESTORED);
    }
  }

  private void requireKnown(Manifest.Table table) throws SQLException {
    boolean earlier = table.name().equals(EARLIER_HISTORY);
    boolean known =
        earlier
            ? EARLIER_HISTORY_COLUMNS.containsAll(table.columns())
            : tables.contains(table.name()) && columns(table.name()).containsAll(table.columns());
    if (!known) {
      throw new StartRefused(
          "the backup has a table or a column that this release does not know: " + table.name());
    }
  }

  private static void requireWhole(Manifest.Table table, Path folder) throws IOException {
    Path file = table.file(folder);
    MessageDigest digest = Sha256.digest();
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      in.transferTo(out);
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(table.sha256())) {
      throw new StartRefused(file + " is damaged: it is not as it was written");
    }
  }

  private void read(Manifest.Table table, Path folder) throws SQLException, IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(table.file(folder)))) {
      long rows =
          copy.copyIn(
              "copy " + list(table.name(), table.columns()) + " from stdin (format binary)", in);
      if (rows != table.rows()) {
        throw new StartRefused(
            table.file(folder) + " has " + rows + " rows, but should have " + table.rows());
      }
    }
  }

  /** Drops a constraint that old rows break. Returns the statement that adds it again. */
  private Optional<String> suspend(String constraint, Statement statement) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(CONSTRAINT)) {
      select.setString(1, constraint);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        String table = row.getString(1);
        String name = row.getString(2);
        String definition = row.getString(3).replaceFirst(" NOT VALID$", "");
        statement.execute("alter table " + table + " drop constraint " + name);
        return Optional.of(
            "alter table " + table + " add constraint " + name + " " + definition + " not valid");
      }
    }
  }

  private List<String> columns(String table) throws SQLException {
    return strings(COLUMNS, Optional.of(table));
  }

  private List<String> strings(String sql, Optional<String> parameter) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      if (parameter.isPresent()) {
        select.setString(1, parameter.get());
      }
      List<String> strings = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          strings.add(rows.getString(1));
        }
      }
      return strings;
    }
  }

  /** The names come from the database, quoted if they need it, or are equal to such a name. */
  private static String list(String table, List<String> columns) {
    return columns.stream().collect(Collectors.joining(", ", table + " (", ")"));
  }
}
