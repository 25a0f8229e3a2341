package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.Dump;
import java.sql.Connection;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@DatabaseTest
class RestoredDatabaseIT {
  private static final String SPACE = "'00000000-0000-4000-8000-000000000001'";

  /** Records at 1, 2 and 4, a file at 3, and the membership log at 5 and 6; an empty space. */
  private static final String ROWS =
      """
      insert into spaces (id, client_id, cursor) values
        ('00000000-0000-4000-8000-000000000001', 'c', 6),
        ('00000000-0000-4000-8000-000000000002', 'c', 0);
      insert into records (space_id, id, cursor, blob)
        select '00000000-0000-4000-8000-000000000001', gen_random_uuid(), n, 'x'
          from unnest(array[1, 2, 4]) n;
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor)
        select space_id, gen_random_uuid(), 5, decode(repeat('ab', 44), 'hex'), id, 3
          from records where cursor = 1;
      insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor)
        select '00000000-0000-4000-8000-000000000001', n,
               case when n > 1 then decode(repeat('cd', 32), 'hex') end,
               decode(repeat('ef', 32), 'hex'), 'p', 4 + n from generate_series(1, 2) n;
      """;

  /** The cursors of the first space and of its rows, in the order of the rows above. */
  private static final String CURSORS =
      """
      select string_agg((cursor - first)::text, ' ' order by cursor, kind) from (
        select cursor, kind, min(cursor) over () as first from (
          select cursor, 0 as kind from records union all select cursor, 1 from files
          union all select cursor, 2 from members
          union all select cursor, 3 from spaces
           where id = '00000000-0000-4000-8000-000000000001') as rows) as rows
      """;

  private static boolean looksRestored(DataSource database) throws Exception {
    return new RestoredDatabase(database).looksRestored();
  }

  private static long lowest(DataSource database) {
    return Long.parseLong(value(database, "select min(cursor) from records"));
  }

  private static long cursor(DataSource database) {
    return Long.parseLong(value(database, "select cursor from spaces where id = " + SPACE));
  }

  @Test
  void onlyADumpLooksRestored() throws Exception {
    DataSource database = Databases.newlyMigrated();
    execute(database, ROWS);
    assertThat(looksRestored(database)).as("a new database").isFalse();
    execute(database, "vacuum (full, freeze) database_origin");
    assertThat(looksRestored(database)).as("after VACUUM").isFalse();

    PGSimpleDataSource copy = (PGSimpleDataSource) Databases.empty();
    String original = ((PGSimpleDataSource) database).getDatabaseName();
    Databases.endSessions(database);
    execute(copy, "create database " + original + "_copy template " + original);
    copy.setDatabaseName(original + "_copy");
    assertThat(value(copy, "select count(*) from records")).isEqualTo("3");
    assertThat(looksRestored(copy)).as("a copy of the files").isFalse();

    try (Connection connection = database.getConnection()) {
      Dump.of(connection).restore(connection);
    }
    assertThat(looksRestored(database)).as("a restored dump").isTrue();
    new RestoredDatabase(database).confirm();
    assertThat(looksRestored(database)).as("confirmed").isFalse();
    assertThat(cursor(database)).isEqualTo(6);

    // As a dump without the schema, restored into the tables of a server that has started.
    execute(database, "insert into database_origin values ('1')");
    assertThat(looksRestored(database)).as("a dump of the rows only").isTrue();
  }

  @Test
  void newCursorsAreHigherAndKeepTheirOrder() throws Exception {
    DataSource database = Databases.newlyMigrated();
    execute(database, ROWS);
    RestoredDatabase restored = new RestoredDatabase(database);
    assertThat(value(database, CURSORS)).isEqualTo("0 1 2 3 4 5 5");
    Dump dump;
    try (Connection connection = database.getConnection()) {
      dump = Dump.of(connection);
      dump.restore(connection);
    }

    assertThat(restored.renumber()).isEqualTo(2);
    assertThat(value(database, CURSORS)).isEqualTo("0 1 2 3 4 5 5");
    assertThat(lowest(database)).isGreaterThan(1_000_000_000_000L).isLessThan(1L << 53);
    assertThat(looksRestored(database)).isFalse();

    // Clients see more, and the same old dump is restored again.
    execute(database, "update spaces set cursor = cursor + 1000");
    long seen = cursor(database);
    try (Connection connection = database.getConnection()) {
      dump.restore(connection);
    }
    restored.renumber();
    assertThat(lowest(database)).isGreaterThan(seen);

    // A newer dump has the high cursors already. They must not double.
    long before = cursor(database);
    restored.renumber();
    assertThat(lowest(database)).isGreaterThan(before);
    assertThat(cursor(database)).isLessThan(1L << 53);
  }

  /** The checks of adopted databases do not stand in the way, and stay. */
  @Test
  void rowsThatBreakAConstraintGetNewCursorsToo() throws Exception {
    String constraints =
        "select string_agg(conname || pg_get_constraintdef(oid), ',' order by conname)"
            + " from pg_constraint where not convalidated";
    DataSource database = Databases.earlierRelease();
    execute(
        database,
        """
        insert into spaces (id, client_id, cursor) values
          ('00000000-0000-4000-8000-000000000001', 'c', 1);
        insert into records (id, space_id, blob, cursor, wrapped_dek, deleted) values
          (gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 'x', 1, 'short', false),
          (gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 'left', 1, null, true);
        """);
    new SchemaMigration(database).migrate();
    String before = value(database, constraints);
    assertThat(before).contains("records_dek_check", "records_tombstone_check");

    new RestoredDatabase(database).renumber();

    assertThat(lowest(database)).isGreaterThan(1_000_000_000_000L);
    assertThat(value(database, constraints)).isEqualTo(before);
  }
}
