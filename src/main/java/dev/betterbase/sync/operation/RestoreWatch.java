package dev.betterbase.sync.operation;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Warns when a database looks restored from a dump, at the start and while the server runs. Nobody
 * should restore a dump under a running server, but if it happens, the warning must not wait for
 * the next start. The database tells by one row.
 */
@ApplicationScoped
public class RestoreWatch implements PeriodicJob {
  private static final Logger LOG = System.getLogger(RestoreWatch.class.getName());

  @Inject private Database database;

  /** By the number of the database. */
  private final Map<Integer, Boolean> restored = new ConcurrentHashMap<>();

  @Override
  public String name() {
    return "restore_watch";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(10);
  }

  @Override
  public void round() {
    for (Database each : database.all()) {
      if (!each.isAway()) {
        found(each.number(), looksRestored(each));
      }
    }
  }

  private static boolean looksRestored(Database database) {
    return database.run(
        "restore watch",
        connection -> {
          try (PreparedStatement select =
                  database.statement(connection, RestoredDatabase.LOOKS_RESTORED);
              ResultSet row = select.executeQuery()) {
            row.next();
            return row.getBoolean(1);
          }
        });
  }

  /** Notes whether a database looks restored, and tells the operator what is new about it. */
  void found(int number, boolean looksRestored) {
    boolean before = Boolean.TRUE.equals(restored.put(number, looksRestored));
    if (looksRestored && !before) {
      LOG.log(
          Level.WARNING,
          "The database looks restored from a dump. Clients that have seen more than the dump"
              + " holds miss new records: stop all servers and run the command \"restored\"");
    } else if (before && !looksRestored) {
      LOG.log(Level.INFO, "The data of the database that looked restored is confirmed");
    }
  }
}
