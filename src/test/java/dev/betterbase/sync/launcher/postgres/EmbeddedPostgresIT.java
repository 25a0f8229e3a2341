package dev.betterbase.sync.launcher.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The embedded PostgreSQL is durable, closed, and starts again after any end (config.md). */
@DatabaseTest
@Timeout(180)
@Order(1)
class EmbeddedPostgresIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private static Path unpacked;
  private Path folder;
  private DataFolder data;

  @BeforeAll
  static void unpackOnce(@TempDir Path programs) throws IOException {
    unpacked = programs;
    PostgresBinaries.unpack(new DataFolder(unpacked.toRealPath()));
  }

  /** Links the programs of each test to those unpacked once, because unpacking takes seconds. */
  @BeforeEach
  void linkPrograms(@TempDir Path empty) throws IOException {
    folder = empty;
    data = new DataFolder(folder.toRealPath());
    try (Stream<Path> files = Files.walk(unpacked)) {
      for (Path file : files.toList()) {
        Path target = folder.resolve(unpacked.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.createLink(target, file);
        }
      }
    }
  }

  /** As a loss of power left them before they were forced to the disk. */
  @Test
  void programsThatAreEmptyAreUnpackedAgain(@TempDir Path other) throws IOException {
    var broken = new DataFolder(other.toRealPath());
    Path programs = PostgresBinaries.unpack(broken);
    Path program = programs.resolve("bin").resolve("pg_ctl");
    long size = Files.size(program);
    Files.write(program, new byte[0]);

    assertThat(PostgresBinaries.unpack(broken)).isEqualTo(programs);

    assertThat(program).hasSize(size);
    assertThat(Files.isExecutable(program)).isTrue();
  }

  private EmbeddedPostgres start() {
    return EmbeddedPostgres.start(data, 5);
  }

  private static String query(PostgresAccess access, String sql) throws SQLException {
    try (Connection connection = access.connect(LIMIT);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  private static void execute(PostgresAccess access, String sql) throws SQLException {
    try (Connection connection = access.connect(LIMIT);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static PostgresAccess as(PostgresAccess access, String user, String password) {
    return new PostgresAccess(
        access.jdbcUrl(),
        access.hosts(),
        Optional.of(user),
        Optional.of(new Secret(password)),
        access.properties(),
        access.pooled(),
        access.shown());
  }

  private static PostgresAccess at(int port, PostgresAccess access) {
    return new PostgresAccess(
        access.jdbcUrl().replaceFirst(":[0-9]+/", ":" + port + "/"),
        access.hosts(),
        access.user(),
        access.password(),
        access.properties(),
        access.pooled(),
        access.shown());
  }

  private ProcessHandle postmaster() throws IOException {
    String pid = Files.readAllLines(folder.resolve("postgres/postmaster.pid")).getFirst();
    return ProcessHandle.of(Long.parseLong(pid.strip())).orElseThrow();
  }

  private String superuserPassword() throws IOException {
    return Files.readString(folder.resolve("postgres.password")).strip();
  }

  @Test
  void isDurableAndClosed() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      PostgresAccess access = postgres.access();

      assertThat(query(access, "SHOW fsync")).isEqualTo("on");
      assertThat(query(access, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(query(access, "SHOW full_page_writes")).isEqualTo("on");
      assertThat(query(access, "SHOW data_checksums")).isEqualTo("on");
      assertThat(query(access, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(query(access, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
          .isEqualTo("f");

      for (String user : List.of("postgres", "betterbase_sync")) {
        assertThatThrownBy(() -> query(as(access, user, "guess"), "SELECT 1"))
            .isInstanceOf(SQLException.class)
            .hasMessageContaining("password authentication failed");
      }
      assertThat(query(as(access, "postgres", superuserPassword()), "SHOW unix_socket_directories"))
          .isEmpty();
      assertThat(permissions("postgres")).isEqualTo("rwx------");
      assertThat(permissions("postgres.password")).isEqualTo("rw-------");
    }
    assertThat(folder.resolve("postgres/postmaster.pid")).doesNotExist();
  }

  @Test
  void dataSurvivesARestart() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      execute(postgres.access(), "CREATE TABLE kept AS SELECT 7 AS n");
    }
    try (EmbeddedPostgres postgres = start()) {
      assertThat(query(postgres.access(), "SELECT n FROM kept")).isEqualTo("7");
    }
  }

  @Test
  void permissionsThatOthersGotAreTakenAway() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      execute(postgres.access(), "CREATE TABLE kept AS SELECT 7 AS n");
    }
    for (String changed : List.of("postgres", "postgres.password")) {
      Files.setPosixFilePermissions(
          folder.resolve(changed), PosixFilePermissions.fromString("rwxrwx---"));
    }

    try (EmbeddedPostgres postgres = start()) {
      assertThat(query(postgres.access(), "SELECT n FROM kept")).isEqualTo("7");
    }
    assertThat(permissions("postgres")).isEqualTo("rwx------");
    assertThat(permissions("postgres.password")).isEqualTo("rw-------");
  }

  @Test
  void theProcessOfAKilledRunIsStoppedFirst() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      execute(postgres.access(), "CREATE TABLE kept AS SELECT 7 AS n");
    }
    // No launcher looks after this process, as after a kill -9 of the launcher.
    new PostgresCluster(PostgresBinaries.unpack(data), data).start(Ports.free(), 10);
    ProcessHandle old = postmaster();

    try (EmbeddedPostgres postgres = start()) {
      await().until(() -> !old.isAlive());
      assertThat(query(postgres.access(), "SELECT n FROM kept")).isEqualTo("7");
    }
  }

  @Test
  void aPidFileWithTheIdOfAnotherProgramIsDeleted() throws Exception {
    start().close();
    Path pidFile = folder.resolve("postgres/postmaster.pid");
    Files.writeString(
        pidFile, ProcessHandle.current().pid() + "\n" + folder.resolve("postgres") + "\n1\n1\n");

    try (EmbeddedPostgres postgres = start()) {
      assertThat(query(postgres.access(), "SELECT 1")).isEqualTo("1");
    }
    assertThat(ProcessHandle.current().isAlive()).isTrue();
  }

  @Test
  void aProcessThatEndsUnexpectedlyIsStartedAgain() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      execute(postgres.access(), "CREATE TABLE kept AS SELECT 7 AS n");
      postmaster().destroyForcibly();

      await()
          .ignoreExceptions()
          .until(() -> query(postgres.access(), "SELECT n FROM kept").equals("7"));
    }
  }

  @Test
  void incompleteDataIsCreatedAgain() throws Exception {
    Files.createDirectories(folder.resolve("postgres.new/base"));
    Files.writeString(folder.resolve("postgres.new/PG_VERSION"), "18\n");

    try (EmbeddedPostgres postgres = start()) {
      assertThat(query(postgres.access(), "SELECT 1")).isEqualTo("1");
    }
    assertThat(folder.resolve("postgres.new")).doesNotExist();
  }

  @Test
  void aSettingThatWouldLoseDataIsRefused() throws Exception {
    try (EmbeddedPostgres postgres = start()) {
      execute(
          as(postgres.access(), "postgres", superuserPassword()),
          "ALTER ROLE betterbase_sync SET synchronous_commit = off");
    }

    assertThatThrownBy(this::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("synchronous_commit is not on");
    assertThat(folder.resolve("postgres/postmaster.pid")).doesNotExist();
  }

  @Test
  void dataOfAnotherMajorVersionIsRefusedAndNotChanged(@TempDir Path folder) throws Exception {
    DataFolder older = new DataFolder(folder.toRealPath());
    Path version = Files.createDirectory(folder.resolve("postgres")).resolve("PG_VERSION");
    Files.writeString(version, "15\n");

    assertThatThrownBy(() -> EmbeddedPostgres.start(older, 4))
        .isInstanceOf(StartRefused.class)
        .message()
        .hasLineCount(1)
        .contains(
            version.getParent() + " holds data of PostgreSQL 15, but",
            "start the earlier betterbase-sync, or move the data with its command backup, or with"
                + " pg_dump of PostgreSQL 15");
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files).containsExactlyInAnyOrder(folder, version.getParent(), version);
    }
    assertThat(version).hasContent("15\n");
  }

  private String permissions(String name) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)));
  }

  /** Another user of the machine may listen on the port while PostgreSQL is down. */
  @Test
  void anImpostorOnThePortLearnsNothing() throws Exception {
    // PostgreSQL had a port that the system may give to any connection meanwhile.
    int port = Ports.free();
    PostgresAccess access;
    try (EmbeddedPostgres postgres = start()) {
      access = at(port, postgres.access());
    }
    PostgresAccess superuser = as(access, "postgres", superuserPassword());
    String password = access.password().orElseThrow().value();
    String pooled = access.pooledUrl(DatabaseSettings.read(name -> null));
    for (PostgresImpostor.Way way : PostgresImpostor.Way.values()) {
      try (PostgresImpostor impostor = new PostgresImpostor(port, way)) {
        assertThatThrownBy(() -> query(access, "SELECT 'data'")).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> query(superuser, "SELECT 'data'"))
            .isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> DriverManager.getConnection(pooled))
            .isInstanceOf(SQLException.class);
        assertThat(impostor.connections()).as(way.name()).isGreaterThanOrEqualTo(3);
        assertThat(impostor.received())
            .as(way.name())
            .doesNotContain(password, superuserPassword(), "md5", "data", "SELECT", "SET");
      }
    }
  }
}
