package dev.betterbase.sync.operation;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connections for migrations. Their statements have no time-out; only the wait for a lock is
 * bounded. The connections may come from the server's pool, so the settings of each session are
 * restored before it is closed.
 */
final class MigrationConnections {
  private static final String OPEN =
      "set statement_timeout = 0; set lock_timeout = '10min';"
          + " set idle_in_transaction_session_timeout = 0";
  private static final String OPEN_READ_ONLY = OPEN + "; set default_transaction_read_only = on";
  private static final String RESTORE =
      "select pg_advisory_unlock_all(); reset statement_timeout; reset lock_timeout;"
          + " reset idle_in_transaction_session_timeout; reset default_transaction_read_only";

  private MigrationConnections() {}

  /** A datasource of such connections; with {@code readOnly} they can change nothing. */
  static DataSource of(DataSource database, boolean readOnly) {
    return proxy(
        DataSource.class,
        (method, arguments) ->
            method.getName().equals("getConnection") && arguments == null
                ? open(database, readOnly)
                : invoke(database, method, arguments));
  }

  private static Connection open(DataSource database, boolean readOnly) throws SQLException {
    Connection connection = database.getConnection();
    try {
      int networkTimeout = connection.getNetworkTimeout();
      connection.setNetworkTimeout(Runnable::run, 0);
      execute(connection, readOnly ? OPEN_READ_ONLY : OPEN);
      return proxy(
          Connection.class,
          (method, arguments) -> {
            if (method.getName().equals("close") && !connection.isClosed()) {
              restoreAndClose(connection, networkTimeout);
              return null;
            }
            return invoke(connection, method, arguments);
          });
    } catch (SQLException failure) {
      connection.close();
      throw failure;
    }
  }

  private static void restoreAndClose(Connection connection, int networkTimeout)
      throws SQLException {
    try (connection) {
      if (!connection.getAutoCommit()) {
        connection.rollback(); // otherwise the next line would commit unfinished work
        connection.setAutoCommit(true);
      }
      execute(connection, RESTORE);
      connection.setNetworkTimeout(Runnable::run, networkTimeout);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @FunctionalInterface
  private interface Call {
    @Nullable Object on(Method method, Object @Nullable [] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            MigrationConnections.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> call.on(method, arguments)));
  }

  private static @Nullable Object invoke(
      Object target, Method method, Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException failure) {
      throw failure.getTargetException();
    }
  }
}
