package dev.betterbase.sync.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;

/**
 * Removes the mailbox from a token that names the mailbox of another issuer (auth.md, Mailbox).
 * Code that acts for a caller must read the mailbox from the result of {@link #withOwnMailbox}.
 */
public final class MailboxOwners {
  /** About 20 MB when full. */
  private static final int MAX_KNOWN = 100_000;

  private final MailboxClaims claims;
  private final boolean severalIssuers;

  // An owner never changes, so nothing has to expire. Maintenance runs in the caller: in the JVM's
  // common pool it would outlive the application.
  private final Cache<String, String> owners =
      Caffeine.newBuilder().maximumSize(MAX_KNOWN).recordStats().executor(Runnable::run).build();

  /**
   * @param severalIssuers whether more than one issuer is trusted; a single issuer owns every
   *     mailbox, and the database is not asked
   */
  MailboxOwners(MailboxClaims claims, boolean severalIssuers) {
    this.claims = claims;
    this.severalIssuers = severalIssuers;
  }

  /** Shows from now on how often an owner was remembered. */
  void register(MeterRegistry registry) {
    CaffeineCacheMetrics.monitor(registry, owners, "mailbox owners");
  }

  /**
   * Returns the token, without its mailbox if that belongs to another issuer. A mailbox without an
   * owner belongs to the issuer of this token from now on. May query the database.
   *
   * @throws RuntimeException if the database does not answer; that says nothing about the token
   */
  public AccessToken withOwnMailbox(AccessToken token) {
    if (!severalIssuers || token.mailboxId().isEmpty()) {
      return token;
    }
    return token.issuer().equals(owner(token.mailboxId().get(), token.issuer()))
        ? token
        : token.withoutMailbox();
  }

  private String owner(String mailboxId, String claimant) {
    String known = owners.getIfPresent(mailboxId);
    if (known != null) {
      return known;
    }
    String owner = claims.claim(mailboxId, claimant);
    owners.put(mailboxId, owner);
    return owner;
  }
}
