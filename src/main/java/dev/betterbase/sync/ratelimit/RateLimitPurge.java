package dev.betterbase.sync.ratelimit;

import dev.betterbase.sync.storage.Purge;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** Deletes actions that no longer count. */
@ApplicationScoped
public class RateLimitPurge extends Purge {
  @Inject private RateLimitStore store;

  @Override
  public String name() {
    return "rate_limit_purge";
  }

  @Override
  protected int purge(int atMost) {
    return store.purge(atMost);
  }
}
