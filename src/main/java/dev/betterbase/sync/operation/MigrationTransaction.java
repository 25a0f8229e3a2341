package dev.betterbase.sync.operation;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The one transaction in which a database is inspected and migrated. All connections that Flyway
 * asks for are views of it, and a transaction of Flyway is a savepoint in it. So everything happens
 * or nothing, and a pooler cannot spread the work over several sessions of PostgreSQL, which would
 * lose locks and settings.
 *
 * <p>Its statements have no time-out; only the wait for a lock is bounded. The connection may come
 * from the server's pool, so its session keeps none of these settings.
 */
final class MigrationTransaction implements AutoCloseable {
  private static final String LIMITS =
      "set local statement_timeout = 0; set local lock_timeout = '10min';"
          + " set local idle_in_transaction_session_timeout = 0";
  private static final String READ_ONLY = "set transaction read only; ";
  // A migration looks at the database again after it has waited for the lock.
  private static final String READ_COMMITTED = "set transaction isolation level read committed; ";

  /**
   * What Flyway takes for the URL of the database. The true one names each setting of the driver,
   * and Flyway spends half a second on the patterns with which it looks for passwords in it.
   */
  private static final String URL = "jdbc:postgresql:";

  /** Flyway sets these, and not only for the transaction. */
  private static final String RESTORE = "reset role; reset search_path";

  private final Connection connection;
  private final int networkTimeout;
  private boolean ended;

  private MigrationTransaction(Connection connection, int networkTimeout) {
    this.connection = connection;
    this.networkTimeout = networkTimeout;
  }

  /** Begins to migrate. */
  static MigrationTransaction begin(DataSource database) throws SQLException {
    return begin(database, READ_COMMITTED);
  }

  /** Begins to read. Statements that change something fail. */
  static MigrationTransaction beginReadOnly(DataSource database) throws SQLException {
    return begin(database, READ_ONLY);
  }

  private static MigrationTransaction begin(DataSource database, String mode) throws SQLException {
    Connection connection = database.getConnection();
    var transaction = new MigrationTransaction(connection, connection.getNetworkTimeout());
    try {
      connection.setNetworkTimeout(Runnable::run, 0);
      connection.setAutoCommit(false);
      transaction.execute(mode + LIMITS);
      return transaction;
    } catch (SQLException failure) {
      try (transaction) {
        throw failure;
      }
    }
  }

  /** The connection of the transaction, for statements only. */
  Connection connection() {
    return connection;
  }

  /** A data source for Flyway. */
  DataSource dataSource() {
    return proxy(
        DataSource.class,
        (method, arguments) -> {
          if (method.getName().equals("getConnection")) {
            View view = new View();
            return proxy(Connection.class, view::call);
          }
          throw new UnsupportedOperationException(method.getName());
        });
  }

  void commit() throws SQLException {
    execute(RESTORE);
    connection.commit();
    ended = true;
  }

  /** Rolls back unless it has been committed, and gives the connection back. */
  @Override
  public void close() throws SQLException {
    try (connection) {
      if (!ended) {
        connection.rollback();
      }
      connection.setAutoCommit(true);
      connection.setNetworkTimeout(Runnable::run, networkTimeout);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** A connection for Flyway, which has a savepoint wherever Flyway has a transaction. */
  private final class View {
    private @Nullable Savepoint savepoint;

    @Nullable Object call(Method method, Object @Nullable [] arguments) throws Throwable {
      return switch (method.getName()) {
        case "getAutoCommit" -> savepoint == null;
        case "setAutoCommit" -> {
          if (arguments != null && Boolean.TRUE.equals(arguments[0])) {
            release();
          } else if (savepoint == null) {
            savepoint = connection.setSavepoint();
          }
          yield null;
        }
        case "commit" -> {
          release();
          savepoint = connection.setSavepoint();
          yield null;
        }
        case "rollback" -> {
          if (arguments != null) {
            yield invoke(connection, method, arguments);
          }
          if (savepoint != null) {
            connection.rollback(savepoint);
          }
          yield null;
        }
        case "close" -> {
          release();
          yield null;
        }
        case "getMetaData" -> metaData(connection.getMetaData());
        default -> invoke(connection, method, arguments);
      };
    }

    private DatabaseMetaData metaData(DatabaseMetaData actual) {
      return proxy(
          DatabaseMetaData.class,
          (method, arguments) ->
              method.getName().equals("getURL") ? URL : invoke(actual, method, arguments));
    }

    private void release() throws SQLException {
      Savepoint released = savepoint;
      savepoint = null;
      if (released != null) {
        connection.releaseSavepoint(released);
      }
    }
  }

  private static @Nullable Object invoke(Object on, Method method, Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException failure) {
      throw failure.getTargetException();
    }
  }

  @FunctionalInterface
  private interface Call {
    @Nullable Object on(Method method, Object @Nullable [] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            MigrationTransaction.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> call.on(method, arguments)));
  }
}
