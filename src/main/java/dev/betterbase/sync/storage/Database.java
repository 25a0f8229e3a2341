package dev.betterbase.sync.storage;

import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * The server's pooled datasource, for statements in plain JDBC. A connection is held for one piece
 * of work and returned to the pool before the result is used. No statement runs longer than
 * DATABASE_STATEMENT_TIMEOUT_SECONDS: the driver cancels it then, whatever the time-out of the
 * PostgreSQL session is. Every failure is a {@link StorageException}.
 */
@ApplicationScoped
public class Database {
  private static final String DISK_FULL = "53100";
  private static final String LITTLE_MEMORY = "set local work_mem = '64kB'";

  /** Writes about 2 MB to the disk. */
  private static final String SORT =
      """
      select count(*) from (
        select md5(n::text) as hash from generate_series(1, 20000) as n order by hash offset 0) as sorted
      """;

  // By lookup: for the name alone, WildFly would inject its own default datasource into a CDI bean.
  @Resource(lookup = "java:comp/env/jdbc/betterbase-sync")
  private DataSource dataSource;

  private PooledConnections connections;
  private int timeoutSeconds;

  /** Counts for nobody outside a container. */
  private DatabaseMetrics metrics =
      new DatabaseMetrics(new CompositeMeterRegistry(), new RecentFaults(), 0);

  private volatile boolean full;

  /** For the container, which fills in the datasource. */
  public Database() {}

  /** For use outside a container, with the default time-out of a statement. */
  public Database(DataSource dataSource) {
    this(dataSource, DatabaseSettings.read(variable -> null).statementTimeout());
  }

  /**
   * For use outside a container.
   *
   * @param statementTimeout the longest time that a statement may run, in whole seconds
   */
  @SuppressWarnings("UnnecessaryAssignment") // injected only in a container
  public Database(DataSource dataSource, Duration statementTimeout) {
    this.dataSource = dataSource;
    this.connections = new PooledConnections(dataSource, System::nanoTime);
    this.timeoutSeconds = Math.toIntExact(statementTimeout.toSeconds());
  }

  @Inject
  void configure(Settings settings, MeterRegistry meters, RecentFaults faults) {
    metrics = new DatabaseMetrics(meters, faults, settings.database().poolSize());
    timeoutSeconds = Math.toIntExact(settings.database().statementTimeout().toSeconds());
  }

  @PostConstruct
  void open() {
    connections = new PooledConnections(dataSource, System::nanoTime);
  }

  /** Work on one connection. */
  @FunctionalInterface
  public interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /**
   * Does the work on a connection of the pool, outside transactions of the container, and returns
   * the connection. It is discarded if it no longer leads to a database that can be written.
   *
   * @param what names the work in an error, such as {@code push}; it contains no value
   * @throws StorageException if there is no connection or a statement fails
   */
  public <T> T run(String what, Work<T> work) {
    long begun = System.nanoTime();
    try (PooledConnections.Taken taken = connections.take()) {
      long got = System.nanoTime();
      metrics.taken(got - begun);
      try {
        return work.on(taken.connection());
      } catch (SQLException failure) {
        connections.failed(taken, failure);
        noticeFullDisk(failure);
        throw failure;
      } finally {
        metrics.givenBack();
        metrics.done(what, System.nanoTime() - got);
      }
    } catch (SQLException failure) {
      metrics.failed(what, failure.getSQLState());
      throw new StorageException(what + " failed, SQLSTATE " + failure.getSQLState(), failure);
    }
  }

  /**
   * A statement failed in the current transaction of the container. Discards its connection if that
   * no longer leads to a database that can be written.
   */
  public void failedInTransaction(SQLException failure) {
    connections.failedInTransaction(failure);
    noticeFullDisk(failure);
  }

  /** A connection of the pool for {@link SilentDatabase}, which closes it. */
  Connection connection() throws SQLException {
    return connections.take().connection();
  }

  /** Ends all connections, also those on which a statement waits. */
  void abandonConnections() {
    connections.abandon();
  }

  /** The meters of all work on the database. */
  DatabaseMetrics metrics() {
    return metrics;
  }

  private void noticeFullDisk(SQLException failure) {
    if (DISK_FULL.equals(failure.getSQLState())) {
      full = true;
    }
  }

  /**
   * After a statement has failed because the disk of PostgreSQL is full: tries whether it has room
   * again. Otherwise does nothing.
   *
   * @throws StorageException if it is still full
   */
  public void requireRoom() {
    if (!full) {
      return;
    }
    full = false;
    try {
      run("look for room on the disk", this::sortOnDisk);
    } catch (StorageException failure) {
      // Otherwise it is something else, for which other statements are asked.
      if (full) {
        throw failure;
      }
    }
  }

  /** Needs no right of the role, and leaves nothing behind. */
  private boolean sortOnDisk(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement memory = statement(connection, LITTLE_MEMORY);
        PreparedStatement sort = statement(connection, SORT)) {
      memory.execute();
      return sort.execute();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /** The longest time that a statement may run. */
  public Duration statementTimeout() {
    return Duration.ofSeconds(timeoutSeconds);
  }

  /** Prepares a statement that is cancelled after {@link #statementTimeout}. */
  public PreparedStatement statement(Connection connection, String sql) throws SQLException {
    return statement(connection, sql, timeoutSeconds);
  }

  /**
   * Prepares a statement that is cancelled after {@link #statementTimeout}, or earlier.
   *
   * @param atMostSeconds a shorter limit of the statement's own
   */
  public PreparedStatement statement(Connection connection, String sql, int atMostSeconds)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      statement.setQueryTimeout(Math.min(atMostSeconds, timeoutSeconds));
    } catch (SQLException failure) {
      statement.close();
      throw failure;
    }
    return statement;
  }

  /**
   * A UUID of a row, which is not null.
   *
   * <p>Not with {@code getObject(column, UUID.class)}: a pooled connection of Payara looks that
   * method up by reflection each time, which took a quarter of the time of a pull.
   */
  public static UUID uuid(ResultSet row, int column) throws SQLException {
    return (UUID) row.getObject(column);
  }
}
