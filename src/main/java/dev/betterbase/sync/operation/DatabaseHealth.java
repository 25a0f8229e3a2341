package dev.betterbase.sync.operation;

import dev.betterbase.sync.space.SpaceStore;
import dev.betterbase.sync.storage.Database;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorDefinition;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/**
 * Whether the database can be written, with one answer for all callers. The ping has a thread of
 * its own, so other work that waits for the database does not delay it.
 */
@ManagedExecutorDefinition(name = DatabaseHealth.EXECUTOR, maxAsync = 1)
@ApplicationScoped
public class DatabaseHealth {

  static final String EXECUTOR = "java:app/concurrent/betterbase-sync-health";

  @Inject private SpaceStore spaces;
  @Inject private Database database;

  @Resource(lookup = EXECUTOR)
  private ManagedExecutorService executor;

  private DatabaseProbe probe;

  @PostConstruct
  void start() {
    probe = new DatabaseProbe(this::ping, executor, System::nanoTime);
  }

  private void ping() {
    spaces.ping();
    database.requireRoom();
  }

  /** The answer of the last second, or a new one. Waits for at most {@link DatabaseProbe#WAIT}. */
  public boolean isAvailable() {
    return probe.isAvailable();
  }
}
