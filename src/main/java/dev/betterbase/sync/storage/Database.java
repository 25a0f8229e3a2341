package dev.betterbase.sync.storage;

import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.fault.SqlErrors;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.DatabaseShards;
import dev.betterbase.sync.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The server's pooled datasource, for statements in plain JDBC. A connection is held for one piece
 * of work and returned to the pool before the result is used. No statement runs longer than
 * DATABASE_STATEMENT_TIMEOUT_SECONDS: the driver cancels it then, whatever the time-out of the
 * PostgreSQL session is. Every failure is a {@link StorageException}.
 *
 * <p>Spaces may be spread over several databases (docs/decisions/0020-many-databases.md). The bean
 * is the first, and {@link #of} gives that of a space.
 */
@ApplicationScoped
public class Database {
  private static final int FIRST = 1;
  private static final int LOOK_SECONDS = 4;

  // By lookup: for the name alone, WildFly would inject its own default datasource into a CDI bean.
  @Resource(lookup = "java:comp/env/jdbc/betterbase-sync")
  private DataSource dataSource;

  private PooledConnections connections;
  private Duration poolWait = DatabaseSettings.read(variable -> null).poolWait();
  private int timeoutSeconds;

  /** Counts for nobody outside a container. */
  private DatabaseMetrics metrics =
      new DatabaseMetrics(new CompositeMeterRegistry(), new RecentFaults(), 0);

  private final int number;
  private DatabaseShards shards = DatabaseShards.NONE;

  /** All databases, from the first on; empty if there is only this one. */
  private List<Database> all = List.of();

  /** Finds the database of a space; null if there is only this one. */
  private @Nullable SpaceDirectory directory;

  private final DiskRoom room = new DiskRoom();

  private final ShardAbsence absence;

  /** For the container, which fills in the datasource. */
  public Database() {
    number = FIRST;
    absence = new ShardAbsence(FIRST);
  }

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
    this.connections = new PooledConnections(dataSource, poolWait, System::nanoTime);
    this.timeoutSeconds = Math.toIntExact(statementTimeout.toSeconds());
    this.number = FIRST;
    this.absence = new ShardAbsence(FIRST);
  }

  /**
   * For use outside a container, the first of several databases.
   *
   * @param all from the first on
   * @param weights the share of new spaces that each gets, in proportion to the others
   */
  public static Database spreadOver(List<DataSource> all, List<Integer> weights) {
    Database first = new Database(all.getFirst());
    first.spread(all.subList(1, all.size()), weights);
    return first;
  }

  /** One that is not the first. */
  private Database(int number, DataSource dataSource, Database first) {
    this.dataSource = dataSource;
    this.poolWait = first.poolWait;
    this.connections = new PooledConnections(dataSource, poolWait, System::nanoTime);
    this.timeoutSeconds = first.timeoutSeconds;
    this.metrics = first.metrics;
    this.number = number;
    this.absence = new ShardAbsence(number);
  }

  @Inject
  void configure(Settings settings, MeterRegistry meters, RecentFaults faults) {
    shards = settings.database().shards();
    metrics = new DatabaseMetrics(meters, faults, settings.database().poolSize() * shards.total());
    poolWait = settings.database().poolWait();
    timeoutSeconds = Math.toIntExact(settings.database().statementTimeout().toSeconds());
  }

  @PostConstruct
  void open() {
    connections = new PooledConnections(dataSource, poolWait, System::nanoTime);
    if (!shards.isEmpty()) {
      spread(ShardSources.lookUp(shards), shards.weights());
    }
  }

  private void spread(List<DataSource> others, List<Integer> weights) {
    List<Database> databases = new ArrayList<>(List.of(this));
    for (DataSource other : others) {
      databases.add(new Database(databases.size() + 1, other, this));
    }
    all = List.copyOf(databases);
    directory = new SpaceDirectory(all, weights);
    metrics.watchShards(this::countAway);
  }

  private int countAway() {
    return (int) all.stream().filter(Database::isAway).count();
  }

  /** Its number among all databases, from 1. */
  public int number() {
    return number;
  }

  /** Whether it is the only one, or the first. */
  public boolean isFirst() {
    return number == FIRST;
  }

  /** Whether there are several. */
  public boolean isSpread() {
    return directory != null || !isFirst();
  }

  /** All databases, from the first on. */
  public List<Database> all() {
    return all.isEmpty() ? List.of(this) : all;
  }

  /**
   * The database of a space; the first if there is no such space.
   *
   * @throws StorageException if the first has to be asked and fails
   */
  public Database of(SpaceId space) {
    SpaceDirectory known = directory;
    return known == null ? this : known.of(space);
  }

  /**
   * The database of a space that is about to be made if it does not exist: from now on, that one.
   *
   * @throws StorageException if the first has to be asked and fails
   */
  public Database ofNew(SpaceId space) {
    SpaceDirectory known = directory;
    return known == null ? this : known.ofNew(space);
  }

  /**
   * Does some work in the database of a space, and anew in another one if the space has moved there
   * meanwhile, so the work must not have an effect before its first statement.
   *
   * @param isNew whether the space is made if it does not exist
   * @throws StorageException if a database fails, or the space moves again and again
   */
  public <T> T in(SpaceId space, boolean isNew, Function<Database, T> work) {
    SpaceDirectory known = directory;
    return known == null
        ? work.apply(this)
        : known.run(space, isNew ? known::ofNew : known::of, work);
  }

  /**
   * Makes spaces that have moved count for the quotas of their owners only in their new place. This
   * is the first of several databases.
   *
   * @param left a database that they have left, in which they still count
   * @throws StorageException if a database fails
   */
  public void settle(Collection<SpaceId> spaces, Database left) {
    SpaceDirectory known = directory;
    if (known != null && !spaces.isEmpty()) {
      known.settle(spaces, left);
    }
  }

  /** The directory; null if there is only this database. */
  @Nullable SpaceDirectory directory() {
    return directory;
  }

  /** Whether work on this database fails at once, because there was no connection to it. */
  public boolean isAway() {
    return absence.isAway();
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
    try (PooledConnections.Taken taken = take()) {
      long got = System.nanoTime();
      metrics.taken(got - begun);
      try {
        return work.on(taken.connection());
      } catch (SQLException failure) {
        connections.failed(taken, failure);
        room.failed(failure);
        throw failure;
      } finally {
        metrics.givenBack();
        metrics.done(what, System.nanoTime() - got);
      }
    } catch (SQLException failure) {
      String state = SqlErrors.state(failure);
      if (SpaceElsewhereException.STATE.equals(state)) {
        throw new SpaceElsewhereException(what, failure);
      }
      metrics.failed(what, state);
      throw new StorageException(what + " failed, SQLSTATE " + state, failure);
    }
  }

  private PooledConnections.Taken take() throws SQLException {
    absence.refuse();
    try {
      return connections.take();
    } catch (SQLException failure) {
      if (!isFirst()) {
        absence.begin(DatabasePing.reason(failure));
      }
      throw failure;
    }
  }

  /** Looks whether this database, which is not the first, can be used, and remembers it. */
  void look() {
    try (PooledConnections.Taken taken = connections.take()) {
      if (!taken.connection().isValid(LOOK_SECONDS)) {
        // Its connections are silent. Statements that wait for an answer end now.
        connections.abandon();
        absence.begin("no answer");
        return;
      }
      DatabasePing.requireTables(this, taken.connection());
      absence.end();
    } catch (SQLException failure) {
      absence.begin(DatabasePing.reason(failure));
    }
  }

  /**
   * A statement failed in the current transaction of the container. Discards its connection if that
   * no longer leads to a database that can be written.
   */
  public void failedInTransaction(SQLException failure) {
    connections.failedInTransaction(failure);
    room.failed(failure);
  }

  /** A connection of the pool for {@link SilentDatabase}, which closes it. */
  Connection connection() throws SQLException {
    return connections.take().connection();
  }

  /**
   * Takes a connection from the pool and gives it back. Not in the transaction of the caller, which
   * would keep it until its end: EclipseLink reads on another one, and readers that each hold one
   * would wait for each other.
   *
   * @throws SQLException if there is none
   */
  @Transactional(Transactional.TxType.NOT_SUPPORTED)
  public void requireConnection() throws SQLException {
    connections.require();
  }

  /** Ends all connections, also those on which a statement waits. */
  void abandonConnections() {
    connections.abandon();
  }

  /** The meters of all work on the database. */
  DatabaseMetrics metrics() {
    return metrics;
  }

  /**
   * After a statement has failed because the disk of PostgreSQL is full: tries whether it has room
   * again. Otherwise does nothing.
   *
   * @throws StorageException if it is still full
   */
  public void requireRoom() {
    room.require(this);
  }

  /** The work of a transaction. */
  @FunctionalInterface
  public interface Step<T> {
    T run() throws SQLException;
  }

  /** Runs one transaction outside JTA, on a connection in auto-commit mode. */
  public static <T> T inTransaction(Connection connection, Step<T> steps) throws SQLException {
    connection.setAutoCommit(false);
    boolean committed = false;
    try {
      T result = steps.run();
      connection.commit();
      committed = true;
      return result;
    } finally {
      // Roll back after any failure, because turning auto-commit on would commit.
      if (!committed) {
        connection.rollback();
      }
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
