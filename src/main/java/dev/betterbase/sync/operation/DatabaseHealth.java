package dev.betterbase.sync.operation;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.DatabasePing;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Whether the database can be written, with one answer for all callers. The ping has a thread of
 * its own, so other work that waits for the database does not delay it.
 *
 * <p>The executor is not a managed one of the server's: Payara keeps the thread of such an executor
 * after an undeployment.
 */
@ApplicationScoped
public class DatabaseHealth {
  @Inject private Database database;
  @Resource private ManagedThreadFactory threads;

  private volatile Optional<ThreadPoolExecutor> executor = Optional.empty();
  private volatile Optional<DatabaseProbe> probe = Optional.empty();

  /**
   * Starts it and its thread at deployment. Payara keeps a thread that is started in a request and
   * asks a database after an undeployment, and with it the deployment.
   */
  void start() {
    var pool =
        new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    pool.prestartAllCoreThreads();
    executor = Optional.of(pool);
    probe = Optional.of(new DatabaseProbe(this::ping, pool, System::nanoTime));
  }

  @PreDestroy
  void stop() {
    executor.ifPresent(ThreadPoolExecutor::shutdownNow);
  }

  private void ping() {
    DatabasePing.require(database);
    database.requireRoom();
  }

  /** The numbers of the databases beside the first that do not answer. */
  List<Integer> shardsAway() {
    return database.all().stream().filter(Database::isAway).map(Database::number).toList();
  }

  /**
   * The answer of the last second, or a new one. Waits for at most {@link DatabaseProbe#WAIT}. Says
   * no before the start.
   */
  public boolean isAvailable() {
    return probe.isPresent() && probe.get().isAvailable();
  }
}
