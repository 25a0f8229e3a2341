package dev.betterbase.sync.fault;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Finds the error of the database among the causes of a failure, and what may be shown of it. */
public final class SqlErrors {
  private SqlErrors() {}

  /**
   * The error of the database. The exception of a connection pool has no SQLSTATE, but its cause,
   * the exception of the driver, has one.
   *
   * @return the outermost exception of SQL that has an SQLSTATE or no cause; null if there is none
   */
  public static @Nullable SQLException of(@Nullable Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof SQLException sql
          && (sql.getSQLState() != null || sql.getCause() == null)) {
        return sql;
      }
    }
    return null;
  }

  /** The SQLSTATE of that error, five characters; null if it has none, or there is no error. */
  public static @Nullable String state(@Nullable Throwable failure) {
    SQLException error = of(failure);
    return error == null ? null : error.getSQLState();
  }

  /**
   * The first line of the message of a failure. Of an error of PostgreSQL, this is its message. The
   * other lines name the place in a function, or quote the values of a row.
   */
  public static String firstLine(Throwable failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }
}
