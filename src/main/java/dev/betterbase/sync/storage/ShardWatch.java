package dev.betterbase.sync.storage;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;

/** Notices that a database beside the first is away, and that it answers again. */
@ApplicationScoped
public class ShardWatch implements PeriodicJob {
  @Inject private Database database;

  @Override
  public String name() {
    return "shard_watch";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(2);
  }

  @Override
  public void round() {
    database.all().stream().filter(each -> !each.isFirst()).forEach(Database::look);
  }
}
