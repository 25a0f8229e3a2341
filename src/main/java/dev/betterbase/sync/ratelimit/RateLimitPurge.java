package dev.betterbase.sync.ratelimit;

import dev.betterbase.sync.storage.Purge;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** Deletes what is no longer counted. */
@ApplicationScoped
public class RateLimitPurge extends Purge {
  @Inject private RateLimitStore store;

  @Override
  protected int purge(int atMost) {
    return store.purge(atMost);
  }
}
