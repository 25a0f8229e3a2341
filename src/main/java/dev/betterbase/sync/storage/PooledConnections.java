package dev.betterbase.sync.storage;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.betterbase.sync.fault.SqlErrors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The connections of the pool, without those that no longer lead to a database that can be written.
 *
 * <p>When PostgreSQL fails over, the old primary may become read-only and keep its connections. The
 * pool cannot see that: such a connection passes every validation. So a connection on which a
 * statement fails for such a reason is discarded, and all connections that were made before that
 * are discarded when they are next taken from the pool.
 */
final class PooledConnections {
  private static final Logger LOG = System.getLogger(PooledConnections.class.getName());

  /** The SQLSTATE with which a database that stops or starts refuses a connection. */
  private static final String STOPS_OR_STARTS = "57P03";

  /**
   * The SQLSTATEs besides class 08 (connection exception): the transaction is read-only, and the
   * server shuts down, has crashed, is starting, has dropped the database, or ends idle sessions.
   */
  private static final Set<String> LOST =
      Set.of("25006", "57P01", "57P02", STOPS_OR_STARTS, "57P04", "57P05");

  /** While a database stays read-only, all connections are replaced at most this often. */
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** Far more than any pool holds. */
  private static final int MAX_DISCARDED = 1_000;

  /**
   * A connection of the pool.
   *
   * @param failovers the number of failovers that were noticed before the connection was made
   */
  record Taken(Connection connection, int failovers) implements AutoCloseable {
    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  private final DataSource pool;
  private final ScarceConnections scarce;
  private final LongSupplier nanoTime;

  /** The connections to PostgreSQL, each with the failovers that came before it. */
  private final Cache<Connection, Integer> made =
      Caffeine.newBuilder().weakKeys().executor(Runnable::run).build();

  private volatile int failovers;
  private @Nullable Long noticedAt;

  /**
   * @param wait the longest wait for a connection while PostgreSQL has no further one
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  PooledConnections(DataSource pool, Duration wait, LongSupplier nanoTime) {
    this.pool = pool;
    this.scarce = new ScarceConnections(pool, wait, nanoTime);
    this.nanoTime = nanoTime;
  }

  /** Whether a connection on which a statement failed like this must not be used again. */
  static boolean isLost(SQLException failure) {
    String state = SqlErrors.state(failure);
    return state != null && (state.startsWith("08") || LOST.contains(state));
  }

  /** Takes a connection that was made after the last failover. */
  Taken take() throws SQLException {
    for (int discarded = 0; ; discarded++) {
      Connection connection = takeFromPool();
      int before = failoversBefore(connection);
      if (before == failovers || discarded == MAX_DISCARDED) {
        return new Taken(connection, before);
      }
      discard(connection);
    }
  }

  /**
   * A database that is told to stop may refuse new connections and wait for the end of those that
   * it has, which is never if the pool keeps them. So they are discarded.
   */
  private Connection takeFromPool() throws SQLException {
    int before = failovers;
    try {
      return scarce.take();
    } catch (SQLException refused) {
      if (STOPS_OR_STARTS.equals(SqlErrors.state(refused))) {
        notice(before, refused);
      }
      throw refused;
    }
  }

  /** Takes a connection and gives it back. */
  void require() throws SQLException {
    scarce.take().close();
  }

  /** Returns -1 if the connection is closed. */
  private int failoversBefore(Connection connection) {
    try {
      // The pool hands out a new wrapper each time, but the driver's metadata belong to its own
      // connection. Reading them takes no round trip to the database.
      Connection own = connection.getMetaData().getConnection();
      return made.get(own, unseen -> failovers);
    } catch (SQLException closed) {
      LOG.log(Level.DEBUG, "The pool handed out a closed connection", closed);
      return -1;
    }
  }

  /**
   * Discards a connection on which a statement failed, if it is lost, and from then on all
   * connections that were made before. The caller still closes the connection.
   */
  void failed(Taken taken, SQLException failure) {
    if (isLost(failure)) {
      notice(taken.failovers(), failure);
      discard(taken.connection());
    }
  }

  /** The same in a transaction of the container, whose connection the pool hands out again. */
  void failedInTransaction(SQLException failure) {
    if (!isLost(failure)) {
      return;
    }
    try (Connection connection = pool.getConnection()) {
      int before = failoversBefore(connection);
      failed(new Taken(connection, before < 0 ? failovers : before), failure);
    } catch (SQLException gone) {
      LOG.log(Level.DEBUG, "The connection of the transaction is gone", gone);
    }
  }

  /**
   * The database does not answer. Ends all connections that were ever taken, also those on which a
   * statement waits, which would otherwise wait for its time-out.
   */
  void abandon() {
    synchronized (this) {
      failovers++;
    }
    made.asMap().keySet().forEach(PooledConnections::abort);
  }

  /**
   * @param before the number of failovers before the failure
   */
  private synchronized void notice(int before, SQLException failure) {
    long now = nanoTime.getAsLong();
    boolean known = before != failovers;
    if (known || (noticedAt != null && now - noticedAt < PAUSE.toNanos())) {
      return;
    }
    noticedAt = now;
    failovers++;
    LOG.log(
        Level.WARNING,
        "The database has ended or refused a connection, or become read-only (SQLSTATE {0}). All"
            + " connections are replaced.",
        failure.getSQLState());
  }

  private static void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException closed) {
      LOG.log(Level.DEBUG, "A connection was aborted", closed);
    }
  }

  private static void discard(Connection connection) {
    try (connection) {
      connection.abort(Runnable::run);
      // WildFly's pool discards a connection only after an error that it sees itself.
      connection.createStatement().close();
    } catch (SQLException expected) {
      LOG.log(Level.DEBUG, "A connection was discarded", expected);
    }
  }
}
