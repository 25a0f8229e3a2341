package dev.betterbase.sync.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A pool with one connection. Closing a borrowed connection keeps the session as it is. */
public final class PooledConnection extends PGSimpleDataSource {
  private static final long serialVersionUID = 1L;

  private final transient Connection physical;

  /** Opens the connection. */
  public PooledConnection(DataSource database) throws SQLException {
    physical = database.getConnection();
  }

  /** The connection itself, which the creator of the pool must close. */
  public Connection physical() {
    return physical;
  }

  @Override
  public Connection getConnection() {
    return (Connection)
        Proxy.newProxyInstance(
            PooledConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              try {
                return method.invoke(physical, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }
}
