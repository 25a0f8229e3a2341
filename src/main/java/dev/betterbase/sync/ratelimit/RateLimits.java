package dev.betterbase.sync.ratelimit;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.settings.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Optional;

/**
 * Limits by person (methods.md). The database function that performs an action also counts it, in
 * the same transaction: exactly as many succeed as the limit allows, however many are attempted at
 * once. This class decides which callers are limited, and refuses early if the limit is already
 * reached.
 */
@ApplicationScoped
public class RateLimits {
  @Inject private Settings settings;
  @Inject private RateLimitStore store;

  private UncountedPeople uncounted;

  @PostConstruct
  void prepare() {
    uncounted = new UncountedPeople(settings.limits(), System::nanoTime);
  }

  /**
   * Returns the rate limit of a caller; empty if the caller has none.
   *
   * @param caller the person is its issuer and subject
   */
  public Optional<Allowance> allowance(Caller caller, LimitedAction action) {
    return switch (caller) {
      case Caller.Member(AccessToken token) ->
          settings
              .identityHashKey()
              .map(
                  key ->
                      new Allowance(
                          action, token.pseudonym(key), action.perHour(settings.limits())));
      // A peer has quotas of its own, and limits its own members.
      case Caller.Peer unused -> Optional.empty();
    };
  }

  /**
   * Refuses early a request that the database function would refuse.
   *
   * @throws Failure.RateLimited if the limit is reached
   */
  public void requireRoom(Allowance allowance) {
    if (store.count(allowance.action(), allowance.actor()) >= allowance.atMost()) {
      throw exceeded(allowance.action());
    }
  }

  /**
   * Counts an action of a person whom the database does not count, because there is no {@code
   * IDENTITY_HASH_KEY}. Does nothing for other callers. To be called right before the action.
   *
   * @throws Failure.RateLimited if it is one too many
   */
  public void countInMemory(Caller caller, LimitedAction action) {
    if (settings.identityHashKey().isEmpty()
        && caller instanceof Caller.Member(AccessToken token)
        && !uncounted.permits(action, token.person())) {
      throw exceeded(action);
    }
  }

  /** Counts an action that another server performed. Only {@link #requireRoom} limits these. */
  public void record(Allowance allowance) {
    store.record(allowance);
  }

  /** The error for an action beyond the limit. */
  public Failure.RateLimited exceeded(LimitedAction action) {
    int atMost = action.perHour(settings.limits());
    return new Failure.RateLimited(
        "rate limit exceeded: max " + atMost + " " + action.plural() + " per hour");
  }
}
