package dev.betterbase.sync.identity;

import dev.betterbase.sync.storage.GroupCommit;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Claims mailboxes in groups. When everybody connects at once, many people share one round trip and
 * one commit, and claims use one connection of the pool.
 */
final class MailboxClaims {
  /** The most claims in one statement. */
  private static final int GROUP = 256;

  private record Claim(String mailboxId, String issuer) {}

  private final UnaryOperator<Map<String, String>> store;
  private final GroupCommit<Claim, String> groups;

  /**
   * @param store claims mailboxes for issuers, and returns the owner of each
   * @param patience the longest that a caller waits for its turn
   */
  MailboxClaims(UnaryOperator<Map<String, String>> store, Duration patience) {
    this.store = store;
    groups =
        new GroupCommit<>(
            "claim mailbox",
            new GroupCommit.Groups<>(1, Claim::mailboxId, MailboxClaims::room),
            patience,
            this::claimAll);
  }

  /**
   * Gives a mailbox to an issuer, unless the mailbox has an owner.
   *
   * @param mailboxId 64 lower-case hex digits
   * @param issuer without trailing slashes
   * @return the owner, which never changes
   * @throws RuntimeException if the database fails, or does not answer in time
   */
  String claim(String mailboxId, String issuer) {
    return groups.write(new Claim(mailboxId, issuer));
  }

  /** The number of claims that nobody has taken to the database yet. */
  int waiting() {
    return groups.waiting();
  }

  private List<String> claimAll(List<Claim> group) {
    Map<String, String> claims = new HashMap<>();
    // Of two issuers that show one mailbox, the first in the queue gets it.
    group.forEach(claim -> claims.putIfAbsent(claim.mailboxId(), claim.issuer()));
    Map<String, String> owners = store.apply(claims);
    return group.stream()
        .map(claim -> Objects.requireNonNull(owners.get(claim.mailboxId())))
        .toList();
  }

  private static Predicate<Claim> room() {
    return new Predicate<>() {
      private int claims;

      @Override
      public boolean test(Claim next) {
        return ++claims <= GROUP;
      }
    };
  }
}
