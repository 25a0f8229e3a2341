package dev.betterbase.sync.space;

import jakarta.enterprise.context.ApplicationScoped;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Notices clients whose cursor of a space is higher than that of the space. This happens if the
 * database was restored from a backup without the command {@code restored} (docs/running.md). It is
 * the only sign of a base backup, a snapshot or a recovery to a point in time, because these bring
 * back everything that is in the database.
 */
@ApplicationScoped
public class ClientsAhead {
  private static final Logger LOG = System.getLogger(ClientsAhead.class.getName());

  /** A client may make up a cursor, and must not be able to fill the log. */
  private static final Duration SILENCE = Duration.ofHours(1);

  private final AtomicLong silentUntil = new AtomicLong(System.nanoTime());

  /**
   * Compares the cursors, and writes a warning to the log at most once per hour.
   *
   * @param since the cursor that the client has
   * @param cursor the cursor of the space
   */
  public void compare(long since, long cursor) {
    if (since <= cursor) {
      return;
    }
    long now = System.nanoTime();
    long until = silentUntil.get();
    if (now - until >= 0 && silentUntil.compareAndSet(until, now + SILENCE.toNanos())) {
      LOG.log(
          Level.WARNING,
          "A client has cursor {0} of a space whose cursor is {1}. If the database was restored"
              + " from a backup, clients miss new records: stop all servers and run the command"
              + " \"restored\"",
          Long.toString(since),
          Long.toString(cursor));
    }
  }
}
