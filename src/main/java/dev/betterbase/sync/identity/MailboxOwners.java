package dev.betterbase.sync.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

/**
 * Takes the mailbox from a token that names another issuer's (auth.md, Mailbox). Whoever acts for a
 * caller takes the mailbox from what {@link #withOwnMailbox} returns.
 */
public final class MailboxOwners {
  /** Some 20 MB when full. */
  private static final int MAX_KNOWN = 100_000;

  private final MailboxStore store;
  private final boolean severalIssuers;

  // An owner never changes, so nothing has to expire. Upkeep runs in the caller: it must not
  // outlive
  // the application in a pool of the JVM.
  private final Cache<String, String> owners =
      Caffeine.newBuilder().maximumSize(MAX_KNOWN).executor(Runnable::run).build();

  /**
   * @param severalIssuers whether more than one issuer is trusted; a single one owns every mailbox,
   *     and the database is not asked
   */
  MailboxOwners(MailboxStore store, boolean severalIssuers) {
    this.store = store;
    this.severalIssuers = severalIssuers;
  }

  /**
   * The token as it is, or without its mailbox where that belongs to another issuer. A mailbox that
   * nobody has shown before belongs to this token's issuer from now on. May ask the database.
   *
   * @throws RuntimeException where the database does not answer; that says nothing about the token
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
    String owner = store.claim(mailboxId, claimant);
    owners.put(mailboxId, owner);
    return owner;
  }
}
