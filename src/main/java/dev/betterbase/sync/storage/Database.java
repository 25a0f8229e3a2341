package dev.betterbase.sync.storage;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * The server's pooled datasource, for statements in plain JDBC. A connection is held for one piece
 * of work and given back before the result leaves; no statement runs without a time-out; whatever
 * fails is a {@link StorageException}.
 */
@ApplicationScoped
public class Database {
  /**
   * How long one statement may take, in seconds: the SDK gives a whole call 30 s from sending, so
   * that an answer after that is for nobody.
   */
  public static final int STATEMENT_TIMEOUT_SECONDS = 30;

  // By lookup: to a CDI bean WildFly would give its own default datasource for the name alone.
  @Resource(lookup = "java:comp/env/jdbc/betterbase-sync")
  private DataSource dataSource;

  /** For the container, which fills in the datasource. */
  public Database() {}

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public Database(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Work on one connection. */
  @FunctionalInterface
  public interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /**
   * Does the work on a connection of the pool and gives the connection back.
   *
   * @param what names the work in an error, such as {@code push}; no value stands in it
   * @throws StorageException where there is no connection or a statement fails
   */
  public <T> T run(String what, Work<T> work) {
    try (Connection connection = dataSource.getConnection()) {
      return work.on(connection);
    } catch (SQLException failure) {
      throw new StorageException(what + " failed, SQLSTATE " + failure.getSQLState(), failure);
    }
  }

  /** Prepares a statement that is cancelled after {@link #STATEMENT_TIMEOUT_SECONDS}. */
  public static PreparedStatement prepare(Connection connection, String sql) throws SQLException {
    return prepare(connection, sql, STATEMENT_TIMEOUT_SECONDS);
  }

  /**
   * A UUID of a row, which is not null.
   *
   * <p>Not by {@code getObject(column, UUID.class)}: a pooled connection of Payara looks the method
   * up by reflection each time, which was a quarter of a pull.
   */
  public static UUID uuid(ResultSet row, int column) throws SQLException {
    return (UUID) row.getObject(column);
  }

  public static PreparedStatement prepare(Connection connection, String sql, int timeoutSeconds)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      statement.setQueryTimeout(timeoutSeconds);
    } catch (SQLException failure) {
      statement.close();
      throw failure;
    }
    return statement;
  }
}
