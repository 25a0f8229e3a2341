package dev.betterbase.sync.operation;

import dev.betterbase.sync.space.SpaceStore;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorDefinition;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/**
 * Whether the database can be reached: one answer for all who ask. The ping has a thread of its
 * own, so that other work which waits for the database does not keep it from finding out.
 */
@ManagedExecutorDefinition(name = DatabaseHealth.EXECUTOR, maxAsync = 1)
@ApplicationScoped
public class DatabaseHealth {

  static final String EXECUTOR = "java:app/concurrent/betterbase-sync-health";

  @Inject private SpaceStore spaces;

  @Resource(lookup = EXECUTOR)
  private ManagedExecutorService executor;

  private DatabaseProbe probe;

  @PostConstruct
  void start() {
    probe = new DatabaseProbe(spaces::ping, executor, System::nanoTime);
  }

  /** The answer of the last second, or a new one. Takes at most {@link DatabaseProbe#WAIT}. */
  public boolean isAvailable() {
    return probe.isAvailable();
  }
}
