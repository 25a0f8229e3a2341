package dev.betterbase.sync.storage;

import static dev.betterbase.sync.testing.Databases.execute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.fault.SqlErrors;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** A role of PostgreSQL with fewer connections than the pool may hold. */
@DatabaseTest
@Timeout(120)
class ScarceConnectionsIT {
  private static final int LIMIT = 2;

  /** Without connections that it keeps, and so without a limit of its own. */
  private static final class Pool extends PGSimpleDataSource {
    private static final long serialVersionUID = 1L;

    private final AtomicInteger asked = new AtomicInteger();

    @Override
    public Connection getConnection() throws SQLException {
      asked.incrementAndGet();
      try {
        return super.getConnection();
      } catch (SQLException refused) {
        // As the pools of application servers do it.
        throw new SQLException("Error in allocating a connection", refused);
      }
    }
  }

  private final Pool pool = new Pool();

  @BeforeEach
  void limit() throws Exception {
    PGSimpleDataSource database = (PGSimpleDataSource) Databases.empty();
    String role = "scarce_" + UUID.randomUUID().toString().replace("-", "");
    execute(database, "create role " + role + " login password 'secret' connection limit " + LIMIT);
    pool.setUrl(database.getUrl());
    pool.setUser(role);
    pool.setPassword("secret");
  }

  @Test
  void workWaitsForAConnectionThatOthersGiveBack() throws Exception {
    Database database = new Database(pool);
    Callable<Boolean> work =
        () ->
            database.run(
                "sleep",
                connection -> {
                  try (Statement statement = connection.createStatement()) {
                    return statement.execute("select pg_sleep(0.02)");
                  }
                });
    try (ExecutorService threads = Executors.newFixedThreadPool(8 * LIMIT)) {
      for (Future<Boolean> done : threads.invokeAll(Collections.nCopies(100, work))) {
        assertThat(done.get()).isTrue();
      }
    }
  }

  @Test
  void whoWaitsGetsTheOneThatIsGivenBack() throws Exception {
    var connections = new ScarceConnections(pool, Duration.ofMinutes(1), System::nanoTime);
    try (ExecutorService threads = Executors.newFixedThreadPool(1);
        Connection kept = connections.take()) {
      Connection other = connections.take();
      Future<Connection> third = threads.submit(connections::take);
      await().until(() -> pool.asked.get() > LIMIT + 2);
      assertThat(third.isDone()).isFalse();
      other.close();
      try (Connection got = third.get()) {
        assertThat(got.isValid(1)).isTrue();
      }
      assertThat(kept.isValid(1)).isTrue();
    }
  }

  @Test
  void theWaitEndsAndTheErrorSaysWhy() throws Exception {
    var connections = new ScarceConnections(pool, Duration.ofMillis(50), System::nanoTime);
    try (Connection one = connections.take();
        Connection two = connections.take()) {
      assertThatThrownBy(connections::take)
          .isInstanceOf(SQLException.class)
          .matches(failure -> "53300".equals(SqlErrors.state(failure)));
      assertThat(one.isValid(1) && two.isValid(1)).isTrue();
    }
  }

  @Test
  void anyOtherFailureIsNotWaitedFor() {
    pool.setPassword("another");
    pool.setUser("nobody");
    Database database = new Database(pool);
    assertThatThrownBy(() -> database.run("ping", connection -> true))
        .isInstanceOf(StorageException.class)
        .hasMessageStartingWith("ping failed, SQLSTATE 28");
    assertThat(pool.asked).hasValue(1);
  }
}
