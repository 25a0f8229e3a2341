package dev.betterbase.sync.operation;

import dev.betterbase.sync.fault.SqlErrors;

/**
 * The database cannot be migrated: this server does not know its schema, it cannot be reached, or a
 * migration failed. The message is one line for the operator. Nothing in the database was changed.
 */
public final class SchemaMigrationException extends Exception {
  private static final long serialVersionUID = 1L;

  SchemaMigrationException(String message) {
    super(message);
  }

  SchemaMigrationException(String message, Throwable cause) {
    super(message + ": " + SqlErrors.firstLine(told(cause)), cause);
  }

  /** What PostgreSQL said, without the text of Flyway around it. */
  private static Throwable told(Throwable failure) {
    Throwable told = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.sql.SQLException) {
        told = cause;
      }
    }
    return told;
  }
}
