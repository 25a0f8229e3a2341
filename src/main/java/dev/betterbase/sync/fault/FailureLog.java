package dev.betterbase.sync.fault;

import dev.betterbase.sync.rate.TokenBucket;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lines of the log about work that failed inside this server. While a database or a file storage is
 * away, every request of every client fails for the same reason. So each kind of line has a rate:
 * lines beyond it are counted, and the next one says how many there were. Any thread may call.
 */
public final class FailureLog {
  /** The rate of lines without a stack trace, and their number at once after a pause. */
  private static final double LINES_PER_SECOND = 1;

  static final int LINES_AT_ONCE = 30;

  /** The same of lines with a stack trace, which are a hundred times as long. */
  private static final double TRACES_PER_SECOND = 0.1;

  static final int TRACES_AT_ONCE = 10;

  /** The most kinds that have a rate of their own; there are fewer, as names are fixed. */
  private static final int KINDS = 200;

  private record Kind(String what, String error, boolean traces) {}

  private static final class Lines {
    private final TokenBucket rate;
    private long suppressed;

    Lines(boolean traces, LongSupplier nanoTime) {
      rate =
          traces
              ? new TokenBucket(TRACES_PER_SECOND, TRACES_AT_ONCE, nanoTime)
              : new TokenBucket(LINES_PER_SECOND, LINES_AT_ONCE, nanoTime);
    }
  }

  private final Logger log;
  private final LongSupplier nanoTime;

  /** Guarded by itself. */
  private final Map<Kind, Lines> kinds = new HashMap<>();

  /**
   * @param owner whose logger the lines are on
   */
  public FailureLog(Class<?> owner) {
    this(System.getLogger(owner.getName()), System::nanoTime);
  }

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  FailureLog(Logger log, LongSupplier nanoTime) {
    this.log = log;
    this.nanoTime = nanoTime;
  }

  /**
   * Work has failed. The line has no stack trace if the database is the cause, because then all
   * work fails. Any other cause is a fault of this program, and its stack trace is needed to mend
   * it.
   *
   * @param what the work, a name from a fixed set
   * @param context the ids that the line is about, at its end; null if there are none
   */
  public void failed(String what, Throwable cause, @Nullable Map<String, String> context) {
    SQLException sql = SqlErrors.of(cause);
    if (sql == null) {
      log(Level.ERROR, what, cause.getClass().getSimpleName(), "", context, cause);
    } else {
      String error = sql.getClass().getSimpleName() + ", SQL state " + sql.getSQLState();
      log(Level.WARNING, what, error, ": " + error, context, null);
    }
  }

  /**
   * Work has failed because of something outside this program and its database, such as a file
   * storage. The line quotes the cause, and has no stack trace.
   *
   * @param what the work, a name from a fixed set
   * @param context the ids that the line is about, at its end
   */
  public void failedOutside(String what, Throwable cause, Map<String, String> context) {
    log(Level.ERROR, what, cause.getClass().getSimpleName(), ": " + cause, context, null);
  }

  private void log(
      Level level,
      String what,
      String error,
      String reason,
      @Nullable Map<String, String> context,
      @Nullable Throwable trace) {
    OptionalLong before = permits(new Kind(what, error, trace != null));
    if (before.isEmpty()) {
      return;
    }
    String times =
        before.getAsLong() == 0 ? "" : " (and " + before.getAsLong() + " more times before)";
    String text = what + " failed" + times + reason + (context == null ? "" : " " + context);
    log.log(level, text, trace);
  }

  /**
   * The number of lines of this kind that were suppressed before this one; empty if this one is.
   */
  private OptionalLong permits(Kind kind) {
    synchronized (kinds) {
      Lines lines = kinds.get(kind);
      if (lines == null) {
        if (kinds.size() >= KINDS) {
          kinds.clear();
        }
        lines = new Lines(kind.traces(), nanoTime);
        kinds.put(kind, lines);
      }
      if (!lines.rate.permits()) {
        lines.suppressed++;
        return OptionalLong.empty();
      }
      long before = lines.suppressed;
      lines.suppressed = 0;
      return OptionalLong.of(before);
    }
  }
}
