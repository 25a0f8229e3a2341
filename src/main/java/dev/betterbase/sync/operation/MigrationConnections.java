package dev.betterbase.sync.operation;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Connections for migrations: their statements take as long as they take, and only locks are not
 * waited for without end. They may come from the server's pool, so each gets its session's settings
 * back before it is closed.
 */
final class MigrationConnections implements DataSource {
  private static final String OPEN =
      "set statement_timeout = 0; set lock_timeout = '10min';"
          + " set idle_in_transaction_session_timeout = 0";
  private static final String OPEN_READ_ONLY = OPEN + "; set default_transaction_read_only = on";
  private static final String RESTORE =
      "select pg_advisory_unlock_all(); reset statement_timeout; reset lock_timeout;"
          + " reset idle_in_transaction_session_timeout; reset default_transaction_read_only";

  private final DataSource database;
  private final boolean readOnly;

  MigrationConnections(DataSource database, boolean readOnly) {
    this.database = database;
    this.readOnly = readOnly;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = database.getConnection();
    try {
      int networkTimeout = connection.getNetworkTimeout();
      connection.setNetworkTimeout(Runnable::run, 0);
      execute(connection, readOnly ? OPEN_READ_ONLY : OPEN);
      return restoredAtClose(connection, networkTimeout);
    } catch (SQLException failure) {
      connection.close();
      throw failure;
    }
  }

  private static Connection restoredAtClose(Connection connection, int networkTimeout) {
    return (Connection)
        Proxy.newProxyInstance(
            MigrationConnections.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close") && !connection.isClosed()) {
                try (connection) {
                  connection.setAutoCommit(true);
                  execute(connection, RESTORE);
                  connection.setNetworkTimeout(Runnable::run, networkTimeout);
                }
                return null;
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    throw new java.sql.SQLFeatureNotSupportedException("connections come from the datasource");
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return database.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    database.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    database.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return database.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws java.sql.SQLFeatureNotSupportedException {
    return database.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return database.unwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return database.isWrapperFor(type);
  }
}
