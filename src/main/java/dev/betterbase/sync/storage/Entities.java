package dev.betterbase.sync.storage;

import dev.betterbase.sync.fault.SqlErrors;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.persistence.Query;
import jakarta.persistence.TypedQuery;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Function;

/**
 * The server's persistence unit, for single rows and short lists. {@link Database} is for the hot
 * paths; docs/decisions says which is used where.
 *
 * <p>The stores call it within a transaction of the container, which gives each transaction a
 * persistence context and a connection of its own. A single query may do without a transaction,
 * which saves the round trip of the commit. No statement runs without a time-out.
 */
@ApplicationScoped
public class Entities {
  private static final String TIMEOUT = "jakarta.persistence.query.timeout";

  @PersistenceContext(unitName = "betterbase-sync")
  private EntityManager manager;

  @Inject private Database database;

  /** For the container, which injects the entity manager. */
  public Entities() {}

  /** Queries of one piece of work, each with the statement time-out. */
  public interface Session {
    /** A query in JPQL. */
    <T> TypedQuery<T> query(String jpql, Class<T> result);

    /** A bulk update or delete in JPQL. */
    Query update(String jpql);

    /** A statement in PostgreSQL's SQL, for what JPQL has no words for. */
    Query sql(String sql);
  }

  /**
   * Does one piece of work.
   *
   * @param what names the work in an error, such as {@code find space}; it contains no values
   * @throws StorageException if there is no connection or a statement fails. The transaction is
   *     rolled back
   */
  public <T> T run(String what, Function<Session, T> work) {
    long begun = System.nanoTime();
    try {
      requireConnection(what);
      return run(manager, database.statementTimeout(), what, work);
    } catch (StorageException failure) {
      SQLException cause = SqlErrors.of(failure);
      database.metrics().failed(what, cause == null ? null : cause.getSQLState());
      if (cause != null) {
        database.failedInTransaction(cause);
      }
      throw failure;
    } finally {
      database.metrics().done(what, System.nanoTime() - begun);
    }
  }

  /**
   * Fails at once if there is no connection. EclipseLink would try twice more, after 5 s each,
   * while the caller waits, and log a stack trace for each attempt.
   */
  private void requireConnection(String what) {
    try {
      database.requireConnection();
    } catch (SQLException failure) {
      throw new StorageException(what + " failed, SQLSTATE " + SqlErrors.state(failure), failure);
    }
  }

  /** The same on this entity manager, with this time-out for each statement. */
  protected static <T> T run(
      EntityManager manager, Duration timeout, String what, Function<Session, T> work) {
    try {
      return work.apply(new TimedSession(manager, Math.toIntExact(timeout.toMillis())));
    } catch (RuntimeException failure) {
      // Not only PersistenceException: EclipseLink has exceptions of its own.
      throw new StorageException(what + " failed, SQLSTATE " + sqlState(failure), failure);
    }
  }

  private static String sqlState(Throwable failure) {
    SQLException error = SqlErrors.of(failure);
    return error == null ? "unknown" : String.valueOf(error.getSQLState());
  }

  private record TimedSession(EntityManager manager, int timeoutMillis) implements Session {
    @Override
    public <T> TypedQuery<T> query(String jpql, Class<T> result) {
      return manager.createQuery(jpql, result).setHint(TIMEOUT, timeoutMillis);
    }

    @Override
    public Query update(String jpql) {
      return manager.createQuery(jpql).setHint(TIMEOUT, timeoutMillis);
    }

    @Override
    public Query sql(String sql) {
      return manager.createNativeQuery(sql).setHint(TIMEOUT, timeoutMillis);
    }
  }
}
