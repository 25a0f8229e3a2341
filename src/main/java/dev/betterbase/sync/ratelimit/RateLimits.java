package dev.betterbase.sync.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.HmacSha256;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.settings.Limits;
import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.settings.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Limits by person (methods.md). An action is counted where it is done, in its transaction, by the
 * function that does it: exactly as many pass as may, however many try at once. Here is who is
 * counted, and a look beforehand that refuses early.
 */
@ApplicationScoped
public class RateLimits {
  @Inject private Settings settings;
  @Inject private RateLimitStore store;

  /**
   * What somebody may do; empty where nobody is limited.
   *
   * @param caller whose issuer and subject are the person
   */
  public Optional<Allowance> allowance(Caller caller, LimitedAction action) {
    return switch (caller) {
      case Caller.Member(AccessToken token) ->
          settings
              .identityHashKey()
              .map(
                  key ->
                      new Allowance(action, actor(key, token), atMost(settings.limits(), action)));
      // A peer has quotas of its own, and limits its members itself.
      case Caller.Peer unused -> Optional.empty();
    };
  }

  /**
   * Refuses early what would be refused later.
   *
   * @throws Failure.RateLimited where the person has done it as often as may be
   */
  public void requireRoom(Allowance allowance) {
    if (store.count(allowance.action(), allowance.actor(), allowance.atMost())
        >= allowance.atMost()) {
      throw exceeded(allowance.action());
    }
  }

  /** Counts what another server has done for somebody; until then only {@link #requireRoom} did. */
  public void record(Allowance allowance) {
    store.record(allowance);
  }

  /** What is answered to one time too many. */
  public Failure.RateLimited exceeded(LimitedAction action) {
    int atMost = atMost(settings.limits(), action);
    return new Failure.RateLimited(
        "rate limit exceeded: max " + atMost + " " + action.plural() + " per hour");
  }

  /** Under which name somebody is counted: 64 hex digits, from which nobody finds the person. */
  static String actor(Secret key, AccessToken caller) {
    byte[] hash =
        new HmacSha256(HexFormat.of().parseHex(key.value()))
            .of(caller.issuer().getBytes(UTF_8), new byte[1], caller.subject().getBytes(UTF_8));
    return HexFormat.of().formatHex(hash);
  }

  private static int atMost(Limits limits, LimitedAction action) {
    return switch (action) {
      case INVITATION_CREATE -> limits.invitationsPerHour();
      case MEMBERSHIP_APPEND -> limits.membershipAppendsPerHour();
    };
  }
}
