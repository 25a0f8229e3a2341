package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * storage.md, Guarantees: PostgreSQL goes away under load and comes back; the server continues. The
 * tests run one after the other, because they share one PostgreSQL.
 */
@IntegrationTest
@ResourceLock(ScarceServer.LOCK)
@Order(1)
class DatabaseOutageIT {
  private static final TestPostgres POSTGRES = ScarceServer.postgres();
  private static final TestPostgres.Database DATABASE = ScarceServer.database();
  private static final TestServer SERVER = ScarceServer.shared();

  @Test
  @Timeout(600)
  @Execution(ExecutionMode.SAME_THREAD)
  void postmasterKilled() throws Exception {
    TestUser user = SERVER.newUser().withOwnMailbox();
    try (WireClient bystander = SERVER.connect(user)) {
      bystander.request("subscribe", subscribe(user.personalSpace(), 0)).ok();
      List<AcknowledgedPushes> pushed = AcknowledgedPushes.until(SERVER, POSTGRES::kill);
      DatabaseOutage.assertInternal(SERVER);
      assertThat(SERVER.process().get("/health").body())
          .isEqualTo("{\"status\":\"unhealthy\",\"error\":\"database unavailable\"}");
      assertThat(SERVER.process().get("/mp-health/ready").statusCode()).isEqualTo(503);
      assertThat(SERVER.process().get("/mp-health/live").statusCode()).isEqualTo(200);
      // The methods of each kind, on a connection that was open before.
      assertThat(bystander.request("pull", pull(user.personalSpace(), 0)).error())
          .isEqualTo("internal internal");
      assertThat(
              bystander
                  .request("subscribe", subscribe(user.personalSpace(), 0))
                  .ok()
                  .at("/errors/0/error")
                  .textValue())
          .isEqualTo("internal");
      await().untilAsserted(() -> assertThat(logOfInvitationList(bystander)).isEmpty());
      POSTGRES.up();
      awaitRecovery();
      bystander.request("pull", pull(user.personalSpace(), 0)).ok();
      pushed.forEach(AcknowledgedPushes::assertNothingLost);
    }
  }

  /**
   * What JPA itself logs of a query that finds no connection. If it logs anything, it has tried
   * again after pauses of 5 s, with the client waiting.
   */
  private static List<String> logOfInvitationList(WireClient client) {
    int before = SERVER.process().output().length();
    assertThat(client.request("invitation.list", map()).error()).isEqualTo("internal internal");
    return SERVER
        .process()
        .output()
        .substring(before)
        .lines()
        .filter(line -> line.contains("EclipseLink"))
        .toList();
  }

  @Test
  @Timeout(600)
  @Execution(ExecutionMode.SAME_THREAD)
  void backendKilled() throws Exception {
    List<AcknowledgedPushes> pushed =
        AcknowledgedPushes.until(SERVER, DatabaseOutageIT::killBackend);
    awaitRecovery();
    pushed.forEach(AcknowledgedPushes::assertNothingLost);
  }

  /**
   * A failover behind one address: the connections from before lead to a database that has become
   * read-only, new ones to one that can be written. A parameter of the server is changed under the
   * running sessions here, and new sessions override it.
   */
  @Test
  @Timeout(600)
  @Execution(ExecutionMode.SAME_THREAD)
  void oldConnectionsBecomeReadOnly() {
    fillPool();
    DatabaseOutage.assertOver(SERVER);
    execute("ALTER SYSTEM SET default_transaction_read_only = on");
    execute("SELECT pg_reload_conf()");
    try {
      DatabaseOutage.assertInternal(SERVER);
      TestUser user = SERVER.newUser();
      try (WireClient client = SERVER.connect(user)) {
        assertThat(client.request("pull", pull(user.personalSpace(), 0)).error())
            .isEqualTo("internal internal");
      }
      // JPA, in a transaction of the container.
      assertThatThrownBy(() -> SharedSpace.create(SERVER)).hasMessageContaining("internal");
      execute("ALTER ROLE postgres SET default_transaction_read_only = off");
      await()
          .untilAsserted(
              () -> {
                DatabaseOutage.assertOver(SERVER);
                SharedSpace.create(SERVER);
              });
    } finally {
      execute("ALTER SYSTEM RESET default_transaction_read_only");
      execute("SELECT pg_reload_conf()");
      execute("ALTER ROLE postgres RESET default_transaction_read_only");
    }
  }

  /** As after someone has dropped the database and made an empty one of the same name. */
  @Test
  @Timeout(600)
  @Execution(ExecutionMode.SAME_THREAD)
  void aDatabaseWithoutTheTablesIsUnhealthyUntilTheyAreBack() throws Exception {
    int before = SERVER.process().output().length();
    execute("ALTER SCHEMA public RENAME TO kept");
    execute("CREATE SCHEMA public");
    try {
      DatabaseOutage.assertInternal(SERVER);
      assertThat(SERVER.process().get("/mp-health/ready").statusCode()).isEqualTo(503);
      // JPA, whose own log has a stack trace.
      assertThatThrownBy(() -> SharedSpace.create(SERVER)).hasMessageContaining("internal");
    } finally {
      execute("DROP SCHEMA public");
      execute("ALTER SCHEMA kept RENAME TO public");
    }
    awaitRecovery();
    String said = SERVER.process().output().substring(before);
    assertThat(said)
        .contains("The database is unavailable: ", "the tables of this server are gone from")
        .doesNotContain("\tat ");
  }

  /** Leaves many idle connections in the pool. */
  private static void fillPool() {
    List<TestUser> users = Stream.generate(SERVER::newUser).limit(40).toList();
    users.parallelStream()
        .forEach(
            user -> {
              try (WireClient client = SERVER.connect(user)) {
                client.request("push", push(user.personalSpace(), put(newId(), 0, new byte[9])));
              }
            });
  }

  private static void execute(String sql) {
    try (Connection connection = DATABASE.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET default_transaction_read_only = off");
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  // PostgreSQL then ends all its backends, and recovers by itself.
  private static void killBackend() {
    assertThat(ProcessHandle.of(backend()).orElseThrow().destroyForcibly()).isTrue();
  }

  private static long backend() {
    try (Connection connection = DATABASE.connect();
        Statement statement = connection.createStatement();
        ResultSet backends =
            statement.executeQuery(
                "SELECT pid FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND pid <> pg_backend_pid()")) {
      assertThat(backends.next()).isTrue();
      return backends.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Health alone does not tell: a connection that was looked at within the last second is used once
   * more before the pool finds that it broke.
   */
  private static void awaitRecovery() {
    await().untilAsserted(() -> DatabaseOutage.assertOver(SERVER));
  }
}
