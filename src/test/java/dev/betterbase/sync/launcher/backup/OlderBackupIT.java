package dev.betterbase.sync.launcher.backup;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.TestPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine;

/** A backup that an earlier release of this server has made. */
@DatabaseTest
class OlderBackupIT {
  private static final int OLDER = 5;

  @Test
  void itIsRestoredAndBroughtUpToDate(@TempDir Path folder) throws Exception {
    DataSource older = Databases.empty();
    new SchemaMigration(older).makeTables(OLDER);
    execute(
        older,
        """
        insert into spaces (id, client_id, cursor)
          values ('00000000-0000-4000-8000-000000000001', 'app', 1);
        insert into records (space_id, id, cursor, blob)
          values ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), 1, 'x');
        """);
    try (Connection connection = older.getConnection()) {
      DatabaseCopy copy = new DatabaseCopy(connection, false);
      Manifest.Rows rows = copy.write(Manifest.folder(folder, 1));
      Manifest.of("1.0", OLDER, "2026-11-27T00:00:00Z", List.of(rows), 0, 0).write(folder);
    }

    TestPostgres.Database target = TestPostgres.shared().newDatabase();
    Map<String, String> settings = Map.of("DATABASE_URL", target.url());
    RestoreCommand restore =
        new RestoreCommand(
            settings::get,
            database -> PostgresAccess.of(database.url().orElseThrow()),
            err -> new SecurityLog(Optional.empty(), System::nanoTime, line -> {}));
    assertThat(new CommandLine(restore).execute(folder.toString())).isZero();

    PGSimpleDataSource restored = new PGSimpleDataSource();
    restored.setUrl(target.jdbcUrl());
    assertThat(new SchemaMigration(restored).isCurrent()).isTrue();
    assertThat(Long.parseLong(value(restored, "select cursor from records")))
        .isGreaterThan(1_000_000_000_000L);
  }
}
