package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.execute;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/**
 * A rewrap in a space of which PostgreSQL's statistics know nothing yet, beside a large one that
 * they know: planned by them, each DEK was compared with each other, and the statement ran into its
 * limit.
 */
@DatabaseTest
class RewrapPlanIT {
  private static final int DEKS = 30_000;

  private static void fill(DataSource database, UUID space, int records) {
    execute(
        database,
        """
        insert into spaces (id, client_id, root_public_key, key_generation, cursor)
          values ('%1$s', 'c', decode(repeat('02', 33), 'hex'), 2, 1);
        insert into records (space_id, id, blob, cursor, wrapped_dek, deleted)
          select '%1$s', gen_random_uuid(), 'x', 1, decode('00000001' || repeat('ab', 40), 'hex'), false
            from generate_series(1, %2$d)
        """
            .formatted(space, records));
  }

  @Test
  void takesNoTimeWithTheSquareOfItsLength() throws Exception {
    DataSource database = Databases.migrated();
    fill(database, UUID.randomUUID(), 300_000);
    execute(database, "analyze records");
    UUID space = UUID.randomUUID();
    fill(database, space, DEKS);
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      // As the server has it by default.
      statement.execute("set statement_timeout = '30s'");
      try (ResultSet row =
          statement.executeQuery(
              """
              select done.code, done.live
                from (select array_agg(id) as ids,
                             array_agg(decode('00000002' || repeat('cd', 40), 'hex')) as deks
                        from records where space_id = '%1$s') as all_of,
                     rewrap_deks('records', '%1$s', null, '{cid}', ids, deks, 2, 2, null) as done
              """
                  .formatted(space))) {
        assertThat(row.next()).isTrue();
        assertThat(row.getString("code")).isEqualTo("rewrapped");
        assertThat(row.getInt("live")).isEqualTo(DEKS);
      }
      try (ResultSet row =
          statement.executeQuery(
              "select count(*) from records where space_id = '%s' and substring(wrapped_dek for 4) = '\\x00000002'"
                  .formatted(space))) {
        assertThat(row.next()).isTrue();
        assertThat(row.getInt(1)).isEqualTo(DEKS);
      }
    }
  }
}
