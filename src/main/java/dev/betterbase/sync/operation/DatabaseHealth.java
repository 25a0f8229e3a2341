package dev.betterbase.sync.operation;

import dev.betterbase.sync.space.SpaceStore;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.jspecify.annotations.Nullable;

/** Whether the database can be reached: one answer for all who ask. */
@ApplicationScoped
public class DatabaseHealth {

  @Inject private SpaceStore spaces;
  @Resource private ManagedExecutorService executor;
  private @Nullable DatabaseProbe probe;

  @PostConstruct
  void start() {
    probe = new DatabaseProbe(spaces::ping, executor, System::nanoTime);
  }

  /** The answer of the last second, or a new one. Takes at most {@link DatabaseProbe#WAIT}. */
  public boolean isAvailable() {
    if (probe == null) {
      throw new IllegalStateException("used before it was made");
    }
    return probe.isAvailable();
  }
}
