package dev.betterbase.sync.operation;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.DatabasePing;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
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
  private static final int IDLE_SECONDS = 60;

  @Inject private Database database;
  @Resource private ManagedThreadFactory threads;

  private ThreadPoolExecutor executor;
  private DatabaseProbe probe;

  @PostConstruct
  void start() {
    executor =
        new ThreadPoolExecutor(
            1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    executor.allowCoreThreadTimeOut(true);
    probe = new DatabaseProbe(this::ping, executor, System::nanoTime);
  }

  @PreDestroy
  void stop() {
    executor.shutdownNow();
  }

  private void ping() {
    DatabasePing.require(database);
    database.requireRoom();
  }

  /** The numbers of the databases beside the first that do not answer. */
  List<Integer> shardsAway() {
    return database.all().stream().filter(Database::isAway).map(Database::number).toList();
  }

  /** The answer of the last second, or a new one. Waits for at most {@link DatabaseProbe#WAIT}. */
  public boolean isAvailable() {
    return probe.isAvailable();
  }
}
