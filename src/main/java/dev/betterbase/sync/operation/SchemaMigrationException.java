package dev.betterbase.sync.operation;

/**
 * The database cannot be migrated, or not now: it is not one that this server knows, it cannot be
 * reached, or a migration failed. The message is one line for whoever runs the server; nothing in
 * the database was changed.
 */
public final class SchemaMigrationException extends Exception {
  private static final long serialVersionUID = 1L;

  SchemaMigrationException(String message) {
    super(message);
  }

  SchemaMigrationException(String message, Throwable cause) {
    super(message + ": " + firstLine(cause), cause);
  }

  // PostgreSQL's message stands in the first line; detail and context, which may quote values, and
  // Flyway's framing stand in the others.
  private static String firstLine(Throwable failure) {
    Throwable told = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.sql.SQLException) {
        told = cause;
      }
    }
    return String.valueOf(told.getMessage()).lines().findFirst().orElse("");
  }
}
