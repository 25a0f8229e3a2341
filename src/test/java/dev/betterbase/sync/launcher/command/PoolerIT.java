package dev.betterbase.sync.launcher.command;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.SchemaReport;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.DatabaseUrl;
import dev.betterbase.sync.testing.GuardedPostgres;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.PgBouncer;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * config.md, Poolers: a real PgBouncer in transaction mode, with fewer sessions than clients, so
 * that the transactions of one client run in several sessions. The password has a {@code ${…}},
 * which nobody may replace.
 */
@IntegrationTest
class PoolerIT {
  private static final String PASSWORD = "a${user.name}b${ENV=HOME}$$c";
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  private static GuardedPostgres postgres;
  private static PgBouncer pooler;

  @BeforeAll
  static void start() {
    postgres = GuardedPostgres.start();
    postgres.execute("postgres", "create role pooled login password '" + PASSWORD + "'");
    pooler = PgBouncer.start(postgres.port(), 3, Map.of("pooled", PASSWORD));
  }

  @AfterAll
  static void stop() {
    pooler.close();
    postgres.close();
  }

  private static String newDatabase() {
    String name = postgres.newDatabase().name();
    postgres.execute("postgres", "alter database " + name + " owner to pooled");
    return name;
  }

  private static String url(String database, int port) {
    return "postgres://pooled:"
        + URLEncoder.encode(PASSWORD, StandardCharsets.UTF_8)
        + "@127.0.0.1:"
        + port
        + "/"
        + database;
  }

  private static PostgresAccess access(String database, int port) {
    return PostgresAccess.of(DatabaseUrl.parse(url(database, port), variable -> null));
  }

  @Test
  void theAccessFindsOutWhetherAPoolerIsInBetween() {
    String database = newDatabase();
    assertThat(access(database, pooler.port()).connected(CONNECT_LIMIT).pooled()).isTrue();
    assertThat(access(database, postgres.port()).connected(CONNECT_LIMIT).pooled()).isFalse();
  }

  @Test
  void transactionsSeeWhatOthersHaveCommittedOrAreRefused() throws Exception {
    String database = newDatabase();
    postgres.execute(
        database,
        "alter database " + database + " set default_transaction_isolation = serializable");
    PostgresAccess direct =
        PostgresAccess.of(
                DatabaseUrl.parse(
                    url(database, postgres.port()) + "?options=-c%20lock_timeout%3D7s",
                    variable -> null))
            .connected(CONNECT_LIMIT);
    String expected = "read committed 7s";
    try (Connection own = direct.dataSource(CONNECT_LIMIT).getConnection();
        Connection ofPool =
            DriverManager.getConnection(direct.pooledUrl(DatabaseSettings.read(name -> null)))) {
      assertThat(isolationAndLockTimeout(own)).isEqualTo(expected);
      assertThat(isolationAndLockTimeout(ofPool)).isEqualTo(expected);
    }
    new SchemaMigration(direct.dataSource(CONNECT_LIMIT)).migrate();
    DataSource behindPooler =
        access(database, pooler.port()).connected(CONNECT_LIMIT).dataSource(CONNECT_LIMIT);
    assertThatThrownBy(() -> new SchemaMigration(behindPooler).check())
        .isInstanceOf(SchemaMigrationException.class)
        .hasMessageContaining("the role pooled are serializable")
        .hasMessageContaining(
            "ALTER ROLE pooled SET default_transaction_isolation = 'read committed'");
  }

  private static String isolationAndLockTimeout(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select current_setting('transaction_isolation') || ' ' ||"
                    + " current_setting('lock_timeout')")) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void serversThatStartAtOnceMigrateOnceAndLeaveNothingInTheSessions() throws Exception {
    String database = newDatabase();
    DataSource connections =
        access(database, pooler.port()).connected(CONNECT_LIMIT).dataSource(CONNECT_LIMIT);
    List<SchemaReport> reports = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
      List<Future<SchemaReport>> running = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        running.add(threads.submit(() -> new SchemaMigration(connections).migrate()));
      }
      for (Future<SchemaReport> report : running) {
        reports.add(report.get(100, TimeUnit.SECONDS));
      }
    }
    assertThat(reports).filteredOn(report -> !report.upToDate()).hasSize(1);
    assertThat(new SchemaMigration(connections).check().upToDate()).isTrue();
    try (Connection first = connections.getConnection();
        Connection second = connections.getConnection();
        Connection third = connections.getConnection()) {
      // Three transactions at a time see all three sessions.
      for (Connection connection : List.of(first, second, third)) {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement();
            ResultSet row =
                statement.executeQuery(
                    "select concat_ws(' ', current_setting('statement_timeout'),"
                        + " current_setting('lock_timeout'),"
                        + " current_setting('idle_in_transaction_session_timeout'),"
                        + " current_setting('default_transaction_read_only'),"
                        + " current_setting('search_path'), current_setting('role'), (select"
                        + " count(*) from pg_locks where locktype = 'advisory' and database ="
                        + " (select oid from pg_database where datname = current_database())))")) {
          row.next();
          assertThat(row.getString(1)).isEqualTo("0 0 0 off \"$user\", public none 0");
        }
      }
    }
  }

  @Test
  @NightlyTest
  void theServerWorksAndKeepsItsStatementTimeout() throws Exception {
    String database = newDatabase();
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("pooler")
                    .with("DATABASE_URL", url(database, pooler.port()))
                    .with("DATABASE_STATEMENT_TIMEOUT_SECONDS", "2")
                    .with("FILE_STORAGE_BACKEND", "local"))) {
      try (ExecutorService users = Executors.newFixedThreadPool(6)) {
        List<Future<?>> working = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          working.add(users.submit(() -> work(server)));
        }
        for (Future<?> done : working) {
          done.get(100, TimeUnit.SECONDS);
        }
      }
      assertStatementTimeout(server, database);
      assertThat(server.process().output()).doesNotContain("SEVERE", "already exists", PASSWORD);
    }
  }

  /** So many statements of each kind that the driver would prepare them. */
  private static void work(TestServer server) {
    TestUser user = server.newUser();
    String space = user.personalSpace();
    try (WireClient client = server.connect(user)) {
      for (int i = 1; i <= 12; i++) {
        String record = newId();
        assertThat(
                client
                    .request("push", push(space, put(record, 0, blob(10), dek(0))))
                    .ok()
                    .get("ok")
                    .booleanValue())
            .isTrue();
        assertThat(client.request("pull", pull(space, 0)).chunks()).isNotEmpty();
        if (i % 4 == 0) {
          FileClient files =
              FileClient.of(
                  server,
                  user.issuer().token().of(user).claim("scope", "sync files").sign(),
                  space);
          String file = newId();
          assertThat(files.put(file, record, new byte[] {1, 2, 3})).isEqualTo(201);
          assertThat(files.get(file).body()).containsExactly(1, 2, 3);
        }
      }
    }
  }

  private static void assertStatementTimeout(TestServer server, String database) throws Exception {
    TestUser user = server.newUser();
    String space = user.personalSpace();
    try (WireClient client = server.connect(user)) {
      client.request("push", push(space, put(newId(), 0, blob(10)))).ok();
      DataSource direct = access(database, postgres.port()).dataSource(CONNECT_LIMIT);
      try (Connection other = direct.getConnection();
          Statement lock = other.createStatement()) {
        other.setAutoCommit(false);
        lock.execute("select from spaces where id = '" + space + "' for update");
        long start = System.nanoTime();
        assertThat(client.request("push", push(space, put(newId(), 0, blob(10)))).ok())
            .hasToString("{\"ok\":false,\"error\":\"internal\"}");
        assertThat(Duration.ofNanos(System.nanoTime() - start))
            .isBetween(Duration.ofMillis(1_900), Duration.ofSeconds(15));
        other.rollback();
      }
      client.request("push", push(space, put(newId(), 0, blob(10)))).ok();
    }
  }
}
