package dev.betterbase.sync.operation;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.flywaydb.core.api.logging.Log;
import org.flywaydb.core.api.logging.LogCreator;

/**
 * Flyway's log, at DEBUG at most. Results are returned as a {@link SchemaReport} and errors as an
 * exception, and Flyway's lines contain the JDBC URL, which may include a password.
 */
public final class MigrationLog implements LogCreator {
  @Override
  public Log createLogger(Class<?> source) {
    return new Quiet(System.getLogger(source.getName()));
  }

  private record Quiet(Logger log) implements Log {
    @Override
    public void debug(String message) {
      log.log(Level.TRACE, message);
    }

    @Override
    public void info(String message) {
      log.log(Level.DEBUG, message);
    }

    @Override
    public void notice(String message) {
      log.log(Level.DEBUG, message);
    }

    @Override
    public void warn(String message) {
      log.log(Level.DEBUG, message);
    }

    @Override
    public void error(String message) {
      log.log(Level.DEBUG, message);
    }

    @Override
    public void error(String message, Exception cause) {
      log.log(Level.DEBUG, message, cause);
    }
  }
}
