package dev.betterbase.sync.launcher.admin;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.launcher.backup.BackupCommand;
import dev.betterbase.sync.launcher.backup.RestoreCommand;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.ShardNumber;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.storage.SpaceArrival;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.TestPostgres;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine;

/** Backups of two databases while a space moves from the second to the first. */
@DatabaseTest
class BackupDuringMoveIT {
  private static final String SPACE = "f0000000-0000-4000-8000-000000000002";

  private static final String ROWS =
      """
      insert into spaces (id, client_id, cursor) values ('%1$s', 'app', 3);
      insert into records (space_id, id, cursor, blob, wrapped_dek)
        select '%1$s', uuid_in(md5(n::text)::cstring), n, '\\x0102', decode(repeat('00', 44), 'hex')
          from generate_series(1, 2) n;
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor)
        select '%1$s', '%1$s', 5, decode(repeat('ab', 44), 'hex'), min(id::text)::uuid, 3
          from records;
      """
          .formatted(SPACE);

  private static final String WAITING =
      "select count(*) from pg_locks where locktype = 'advisory' and not granted and database ="
          + " (select oid from pg_database where datname = current_database())";

  private final List<TestPostgres.Database> originals = two(Databases::migratedDatabase);
  private final List<TestPostgres.Database> others = two(TestPostgres.shared()::newDatabase);
  private Path folder = Path.of("");

  private static List<TestPostgres.Database> two(Supplier<TestPostgres.Database> databases) {
    return Stream.generate(databases).limit(2).toList();
  }

  private static List<DataSource> sources(List<TestPostgres.Database> databases) {
    return databases.stream()
        .map(
            database -> {
              PGSimpleDataSource source = new PGSimpleDataSource();
              source.setUrl(database.jdbcUrl());
              return (DataSource) source;
            })
        .toList();
  }

  private Map<String, String> settings(List<TestPostgres.Database> databases) {
    Map<String, String> settings = new HashMap<>();
    settings.put("DATABASE_URL", databases.get(0).url());
    settings.put("DATABASE_SHARDS", databases.get(1).url());
    settings.put("FILE_STORAGE_BACKEND", "local");
    settings.put(
        "FILE_STORAGE_PATH",
        folder.resolve(databases == originals ? "files" : "restored").toString());
    return settings;
  }

  private static String run(Object command, Path backup) {
    var output = new StringWriter();
    int exitCode =
        new CommandLine(command)
            .setOut(new PrintWriter(output))
            .setErr(new PrintWriter(output))
            .execute(backup.toString());
    assertThat(exitCode).as(output.toString()).isZero();
    return output.toString();
  }

  private static PostgresAccess access(DatabaseSettings settings) {
    return PostgresAccess.of(settings.url().orElseThrow());
  }

  private static SecurityLog noLog(PrintWriter err) {
    return new SecurityLog(Optional.empty(), System::nanoTime, line -> {});
  }

  private String backup() {
    return run(
        new BackupCommand(
            settings(originals)::get, BackupDuringMoveIT::access, BackupDuringMoveIT::noLog),
        folder.resolve("backup"));
  }

  private String restore() {
    return run(
        new RestoreCommand(
            settings(others)::get, BackupDuringMoveIT::access, BackupDuringMoveIT::noLog),
        folder.resolve("backup"));
  }

  private SpaceMove newMove() throws SQLException {
    SpaceId space = SpaceId.parse(SPACE).orElseThrow();
    return new SpaceMove(sources(originals), space, 1, MoveLimits.USUAL);
  }

  @BeforeEach
  void fill(@TempDir Path temporary) throws Exception {
    folder = temporary;
    List<DataSource> databases = sources(originals);
    ShardNumber.requireAll(databases);
    execute(databases.get(1), ROWS);
    execute(
        databases.get(0), "insert into space_shards (space_id, shard) values ('" + SPACE + "', 2)");
    Path file = folder.resolve("files/spaces/" + SPACE + "/files/" + SPACE);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "hello");
  }

  /** The database in which the restored space is; it has all rows there, and is in no other. */
  private int placeOfRestored() throws SQLException {
    List<DataSource> databases = sources(others);
    String here = "select count(*) from spaces where elsewhere is null";
    int place = value(databases.get(0), here).equals("1") ? 1 : 2;
    assertThat(value(databases.get(2 - place), here)).isEqualTo("0");
    assertThat(value(databases.get(place - 1), "select count(*) from records")).isEqualTo("2");
    assertThat(value(databases.get(place - 1), "select count(*) from files")).isEqualTo("1");
    assertThat(folder.resolve("restored/spaces/" + SPACE + "/files/" + SPACE)).hasContent("hello");
    assertThat(value(databases.get(0), "select shard from space_shards"))
        .isEqualTo(String.valueOf(place));
    try (Connection first = databases.get(0).getConnection()) {
      for (SpaceArrival pending : SpaceArrival.pending(first, 10)) {
        try (Connection old = databases.get(pending.from() - 1).getConnection()) {
          assertThat(pending.hasLeft(old, 10)).as("a move that is decided has ended").isFalse();
        }
      }
    }
    return place;
  }

  /** The command stops after a step, and a backup is made before anyone ends the move. */
  @ParameterizedTest
  @EnumSource(value = SpaceMoveContract.Stop.class, names = "FENCE", mode = EnumSource.Mode.EXCLUDE)
  void aBackupHasTheSpaceInOnePlace(SpaceMoveContract.Stop stop) throws Exception {
    try (SpaceMove move = newMove()) {
      SpaceMoveContract.run(move, stop);
      assertThat(backup()).contains("Wrote 1 files.\n");
    }
    assertThat(restore()).contains("Restored 1 files.\n").contains("of all spaces (1).");
    assertThat(placeOfRestored())
        .isEqualTo(stop.compareTo(SpaceMoveContract.Stop.LEAVE) >= 0 ? 1 : 2);
    assertMoves(placeOfRestored());
  }

  /** What an interrupted move has left does not stop the next one. */
  private void assertMoves(int from) throws SQLException {
    SpaceId space = SpaceId.parse(SPACE).orElseThrow();
    assertThat(MoveResult.of(sources(others), space, 3 - from).cleared()).isTrue();
    assertThat(placeOfRestored()).isEqualTo(3 - from);
  }

  @Test
  void aBackupWaitsForAMoveThatIsAboutToBeDecided() throws Exception {
    CompletableFuture<String> backup;
    try (SpaceMove move = newMove()) {
      SpaceMoveContract.run(move, SpaceMoveContract.Stop.FENCE);
      backup = CompletableFuture.supplyAsync(this::backup);
      await().until(() -> value(sources(originals).get(1), WAITING).equals("1"));
      move.leave();
      assertThat(backup.get(60, TimeUnit.SECONDS)).contains("Wrote 1 files.\n");
      Duration unused = move.arrive();
    }
    assertThat(restore()).contains("Restored 1 files.\n");
    assertThat(placeOfRestored()).isEqualTo(1);
  }

  /** The snapshot has the space in the old database, where the rows are removed meanwhile. */
  @Test
  void aSpaceMovesWhileTheRowsAreCopied() throws Exception {
    CompletableFuture<String> backup;
    try (Connection blocker = originals.get(0).connect();
        var lock = blocker.createStatement()) {
      blocker.setAutoCommit(false);
      lock.execute("lock table peer_signatures in access exclusive mode");
      backup = CompletableFuture.supplyAsync(this::backup);
      await()
          .until(
              () ->
                  value(
                          sources(originals).get(0),
                          "select count(*) from pg_locks where not granted"
                              + " and relation = 'peer_signatures'::regclass")
                      .equals("1"));
      try (SpaceMove move = newMove()) {
        SpaceMoveContract.run(move, SpaceMoveContract.Stop.ARRIVE);
      }
      execute(sources(originals).get(1), "delete from files; delete from records");
    }
    assertThat(backup.get(60, TimeUnit.SECONDS)).contains("Wrote 1 files.\n");
    assertThat(restore()).contains("Restored 1 files.\n");
    assertThat(placeOfRestored()).isEqualTo(2);
  }
}
