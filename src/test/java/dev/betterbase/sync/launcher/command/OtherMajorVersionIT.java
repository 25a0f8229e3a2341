package dev.betterbase.sync.launcher.command;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.DistributionPostgres;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.TestPostgres;
import java.nio.file.Path;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The step from one major version of PostgreSQL to the next (docs/storage-care.md, Another major
 * version of PostgreSQL): a backup of a distribution's PostgreSQL is restored into the embedded
 * one. It needs the programs of a distribution, such as Debian's postgresql-15.
 */
@DatabaseTest
@NightlyTest
class OtherMajorVersionIT {
  private static final String ROWS =
      """
      insert into spaces (id, client_id, cursor)
        values ('00000000-0000-4000-8000-000000000001', 'app', 1000);
      insert into records (space_id, id, cursor, blob, wrapped_dek, deleted)
        select '00000000-0000-4000-8000-000000000001', gen_random_uuid(), i,
          case when i % 10 > 0 then decode(repeat('00ff', i), 'hex') end,
          case when i % 10 > 0 then decode(repeat('ab', 44), 'hex') end, i % 10 = 0
        from generate_series(1, 1000) as i;
      insert into members (space_id, chain_seq, entry_hash, payload, cursor)
        values ('00000000-0000-4000-8000-000000000001', 1, sha256('one'), 'one', 5);
      insert into mailbox_issuers values (repeat('ab', 32), 'https://issuer.example');
      """;

  private static final String CONTENT =
      """
      select (select string_agg(t::text, ' ' order by id) from spaces t)
        || (select string_agg(t::text, ' ' order by cursor) from records t)
        || (select string_agg(t::text, ' ') from members t)
        || (select string_agg(t::text, ' ') from mailbox_issuers t)
      """;

  private static DataSource source(String url) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(url);
    return source;
  }

  private static void succeeds(String database, String... command) {
    var outcome = Commands.run(Map.of("DATABASE_URL", database), command);
    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
  }

  private static int majorVersion(DataSource database) {
    return Integer.parseInt(value(database, "show server_version_num")) / 10_000;
  }

  @Test
  void aBackupGoesFromOneMajorVersionToAnotherAsItIs(@TempDir Path folder) {
    assumeThat(DistributionPostgres.programs()).isPresent();
    String backup = folder.resolve("backup").toString();
    try (DistributionPostgres old = DistributionPostgres.start()) {
      String before = old.url("postgres");
      TestPostgres.Database after = TestPostgres.shared().newDatabase();
      DataSource from =
          source(before.replace("postgres://postgres@", "jdbc:postgresql://") + "?user=postgres");
      DataSource to = source(after.jdbcUrl());
      assertThat(majorVersion(from)).isLessThan(majorVersion(to));
      succeeds(before, "migrate");
      execute(from, ROWS);

      succeeds(before, "backup", backup);
      succeeds(after.url(), "restore", "--complete", backup);

      assertThat(value(to, CONTENT)).isEqualTo(value(from, CONTENT)).hasSizeGreaterThan(900_000);
      succeeds(after.url(), "admin", "doctor");
    }
  }
}
