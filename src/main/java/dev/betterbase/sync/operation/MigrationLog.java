package dev.betterbase.sync.operation;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.flywaydb.core.api.logging.Log;
import org.flywaydb.core.api.logging.LogCreator;

/**
 * Flyway's own log, kept to DEBUG: what it did comes back as a {@link SchemaReport}, what went
 * wrong as an exception, and its lines name the JDBC URL, in which a password may stand.
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
