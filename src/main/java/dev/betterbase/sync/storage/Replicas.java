package dev.betterbase.sync.storage;

import dev.betterbase.sync.fault.RecentFaults;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.storage.DatabaseMetrics.ReplicaOutcome;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The read replicas of the database, with a pool of their own. After a failure no replica is asked
 * for {@link #PAUSE}, and then by one caller first. So a caller must be able to get the same rows
 * from the primary.
 */
@ApplicationScoped
public class Replicas {
  private static final Logger LOG = System.getLogger(Replicas.class.getName());

  private static final Duration PAUSE = Duration.ofSeconds(30);

  /** The datasource on Payara and on WildFly. */
  private static final List<String> NAMES =
      List.of("jdbc/betterbase-sync-replicas", "java:/jdbc/betterbase-sync-replicas");

  /**
   * The SQLSTATEs with which a sound replica ends a statement: the statement stood in the way of
   * replay, or took too long.
   */
  private static final Set<String> PASSING = Set.of("40001", "40P01", "57014");

  private final LongSupplier nanoTime;
  private DatabaseMetrics metrics =
      new DatabaseMetrics(new CompositeMeterRegistry(), new RecentFaults(), 0);
  private @Nullable Database database;
  private @Nullable Long failedAt;

  /** For the container, which says whether there are any. */
  public Replicas() {
    nanoTime = System::nanoTime;
  }

  /**
   * For use outside a container.
   *
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public Replicas(DataSource replicas, LongSupplier nanoTime, MeterRegistry meters) {
    this.nanoTime = nanoTime;
    this.metrics = new DatabaseMetrics(meters, new RecentFaults(), 0);
    this.database = new Database(replicas, DatabaseSettings.REPLICA_TIMEOUT);
  }

  @Inject
  void configure(Settings settings, Database primary) {
    metrics = primary.metrics();
    if (!settings.database().replicas().isEmpty()) {
      database =
          lookUp()
              .map(found -> new Database(found, settings.database().replicaTimeout()))
              .orElse(null);
    }
  }

  // An injected datasource would have to exist on servers without replicas, too.
  @SuppressWarnings("BanJNDI") // the names are constants
  private static Optional<DataSource> lookUp() {
    for (String name : NAMES) {
      try {
        return Optional.of(InitialContext.doLookup(name));
      } catch (NamingException absent) {
        LOG.log(Level.DEBUG, "There is no datasource " + name, absent);
      }
    }
    LOG.log(
        Level.WARNING,
        "DATABASE_REPLICAS is set, but the server has no datasource {0}: no replica is used",
        NAMES.getFirst());
    return Optional.empty();
  }

  /** Work on one connection to a replica. */
  @FunctionalInterface
  public interface Work<T> {
    /**
     * Does the work.
     *
     * @param replica prepares statements with the time-out of a replica
     * @return empty if the replica is behind
     */
    Optional<T> on(Connection connection, Database replica) throws SQLException;
  }

  /** Whether a replica may be asked now. */
  public boolean areUsable() {
    return database != null && isDue();
  }

  private synchronized boolean isDue() {
    return failedAt == null || nanoTime.getAsLong() - failedAt >= PAUSE.toNanos();
  }

  /**
   * Does some work on a replica.
   *
   * @param what names the work in a log; it contains no value
   * @return empty if no replica could do it, or it is behind
   */
  public <T> Optional<T> run(String what, Work<T> work) {
    Database replica = database;
    if (replica == null || !begin()) {
      return Optional.empty();
    }
    try {
      Optional<T> result = replica.run(what, connection -> work.on(connection, replica));
      answered();
      metrics.asked(result.isPresent() ? ReplicaOutcome.READ : ReplicaOutcome.BEHIND);
      return result;
    } catch (SpaceElsewhereException moved) {
      // The primary is asked next, and turns the pull to the new place.
      metrics.asked(ReplicaOutcome.BEHIND);
      return Optional.empty();
    } catch (StorageException failure) {
      metrics.asked(ReplicaOutcome.FAILED);
      if (!(failure.getCause() instanceof SQLException sql && isPassing(sql))) {
        failed(failure);
      }
      return Optional.empty();
    }
  }

  private static boolean isPassing(SQLException failure) {
    String state = failure.getSQLState();
    return state != null && PASSING.contains(state);
  }

  /** Whether to ask. After a failure, one caller does, and the others do not until it succeeds. */
  private synchronized boolean begin() {
    if (!isDue()) {
      return false;
    }
    if (failedAt != null) {
      failedAt = nanoTime.getAsLong();
    }
    return true;
  }

  private synchronized void answered() {
    if (failedAt != null) {
      failedAt = null;
      LOG.log(Level.INFO, "The read replicas are used again");
    }
  }

  private synchronized void failed(StorageException failure) {
    if (failedAt == null) {
      LOG.log(
          Level.WARNING,
          "No read replica is used for {0} s: {1}",
          PAUSE.toSeconds(),
          failure.getMessage());
    }
    failedAt = nanoTime.getAsLong();
  }
}
