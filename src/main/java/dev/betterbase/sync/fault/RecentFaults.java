package dev.betterbase.sync.fault;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The last errors of this node. Those of the same kind, in the same place, with the same cause are
 * one entry with a count, so that a storm of one error leaves the others in view. The log has the
 * details.
 */
@ApplicationScoped
public class RecentFaults {
  /** The most different errors that are kept. The one that was seen longest ago gives way. */
  static final int KEPT = 100;

  private record Key(Fault.Kind kind, String what, String error) {}

  /** In the order in which they happened last. Guarded by itself. */
  private final SequencedMap<Key, Fault> faults = new LinkedHashMap<>();

  /** For the container, and for use outside one. */
  public RecentFaults() {}

  /**
   * Keeps an error.
   *
   * @param what a name from a fixed set
   * @param cause only its class, and the SQLSTATE if the database failed, are kept
   */
  public void add(Fault.Kind kind, String what, Throwable cause) {
    add(kind, what, nameOf(cause));
  }

  /**
   * Keeps an error.
   *
   * @param what a name from a fixed set
   * @param error a code from a fixed set, such as a status of HTTP
   */
  public void add(Fault.Kind kind, String what, String error) {
    Key key = new Key(kind, what, error);
    synchronized (faults) {
      Fault before = faults.remove(key);
      long times = before == null ? 1 : before.times() + 1;
      if (faults.size() >= KEPT) {
        faults.pollFirstEntry();
      }
      faults.put(key, new Fault(kind, what, error, times, Instant.now()));
    }
  }

  /** The errors that are kept, the latest first. */
  public List<Fault> latestFirst() {
    synchronized (faults) {
      return new ArrayList<>(faults.sequencedValues().reversed());
    }
  }

  /**
   * The SQLSTATE of the database, or else the class of the cause within the wrappers of futures.
   */
  private static String nameOf(Throwable thrown) {
    SQLException sql = SqlErrors.of(thrown);
    if (sql != null) {
      return sqlState(sql.getSQLState());
    }
    Throwable cause = thrown;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getClass().getSimpleName();
  }

  /**
   * The name of an SQLSTATE in an entry.
   *
   * @param state five characters; null if the driver gave none
   */
  public static String sqlState(@Nullable String state) {
    return state == null ? "no SQLSTATE" : "SQLSTATE " + state;
  }
}
