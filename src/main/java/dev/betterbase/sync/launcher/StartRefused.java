package dev.betterbase.sync.launcher;

import dev.betterbase.sync.fault.SqlErrors;
import java.sql.SQLException;

/**
 * The server or a command cannot do its work. The message says what is wrong and what to do; it is
 * printed without a stack trace.
 */
public final class StartRefused extends RuntimeException {
  public StartRefused(String text) {
    super(text);
  }

  public StartRefused(String text, Throwable cause) {
    super(text, cause);
  }

  /**
   * The database has failed. Only the first line of its message is shown: the others name the place
   * in a function, or the values of a row.
   *
   * @param what stands in front of that line
   */
  public static StartRefused because(String what, SQLException failure) {
    return new StartRefused(what + ": " + SqlErrors.firstLine(failure), failure);
  }
}
