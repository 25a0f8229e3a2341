package dev.betterbase.sync.storage;

import dev.betterbase.sync.fault.SqlErrors;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Takes connections from the pool, also where PostgreSQL has fewer than the pool may hold. All
 * nodes share its {@code max_connections}, and a role or a database may have a limit of its own.
 * The pool then fails at once, although its connections are given back in a moment. So callers wait
 * for one, as they do where the pool itself is exhausted.
 *
 * <p>While PostgreSQL is full, callers ask the pool one after another. Otherwise each of them would
 * have PostgreSQL start a process and refuse it.
 */
final class ScarceConnections {
  private static final Logger LOG = System.getLogger(ScarceConnections.class.getName());

  /** The SQLSTATE with which PostgreSQL refuses one connection more. */
  private static final String TOO_MANY = "53300";

  /** The time for which it counts as full after it has refused one. */
  private static final Duration FULL = Duration.ofSeconds(1);

  /** While it is full, a node takes at most one connection from the pool in this time. */
  private static final Duration PAUSE = Duration.ofMillis(5);

  private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

  private final DataSource pool;
  private final Duration wait;
  private final LongSupplier nanoTime;
  private final ReentrantLock turn = new ReentrantLock(true);

  private volatile @Nullable Long refusedAt;
  private @Nullable Long warnedAt;

  /**
   * @param wait the longest wait for a connection while PostgreSQL is full
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  ScarceConnections(DataSource pool, Duration wait, LongSupplier nanoTime) {
    this.pool = pool;
    this.wait = wait;
    this.nanoTime = nanoTime;
  }

  /**
   * @throws SQLException if there is none, or PostgreSQL stays full
   */
  Connection take() throws SQLException {
    if (!isFull()) {
      try {
        return pool.getConnection();
      } catch (SQLException failure) {
        notice(failure);
      }
    }
    try {
      return takeInTurn(nanoTime.getAsLong() + wait.toNanos());
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted while PostgreSQL was full", TOO_MANY, stopping);
    }
  }

  private boolean isFull() {
    Long last = refusedAt;
    return last != null && nanoTime.getAsLong() - last < FULL.toNanos();
  }

  private Connection takeInTurn(long deadline) throws SQLException, InterruptedException {
    if (!turn.tryLock(deadline - nanoTime.getAsLong(), TimeUnit.NANOSECONDS)) {
      throw new SQLException("PostgreSQL has no further connection", TOO_MANY);
    }
    try {
      while (true) {
        // A refusal takes far longer than the work of those who have a connection.
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        try {
          return pool.getConnection();
        } catch (SQLException failure) {
          notice(failure);
          if (nanoTime.getAsLong() - deadline >= 0) {
            throw failure;
          }
        }
      }
    } finally {
      turn.unlock();
    }
  }

  /** Remembers that PostgreSQL is full, and throws any other failure. */
  private void notice(SQLException failure) throws SQLException {
    if (!TOO_MANY.equals(SqlErrors.state(failure))) {
      throw failure;
    }
    long now = nanoTime.getAsLong();
    refusedAt = now;
    if (mayWarn(now)) {
      LOG.log(
          Level.WARNING,
          "PostgreSQL refuses further connections (SQLSTATE {0}), so requests wait for those there"
              + " are: lower DATABASE_POOL_SIZE on all nodes, or raise max_connections or the limit"
              + " of the role or the database",
          TOO_MANY);
    }
  }

  private synchronized boolean mayWarn(long now) {
    if (warnedAt != null && now - warnedAt < BETWEEN_WARNINGS.toNanos()) {
      return false;
    }
    warnedAt = now;
    return true;
  }
}
