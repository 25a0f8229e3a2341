package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.AccessToken;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the authenticated connections of each owner (protocol.md, Connecting): one mailbox of one
 * issuer, or one issuer, subject and client where the token has no mailbox.
 */
final class ConnectionSlots {

  /** The party whose connections are counted together. */
  sealed interface Owner {

    /** The owner of a mailbox, as its issuer names it. */
    record Mailbox(String issuer, String mailboxId) implements Owner {}

    /** A person at a client, if the token has no mailbox. */
    record Person(String issuer, String subject, String clientId) implements Owner {}

    /** The owner of a connection that shows this token. */
    static Owner of(AccessToken token) {
      return token
          .mailboxId()
          .<Owner>map(mailbox -> new Mailbox(token.issuer(), mailbox))
          .orElseGet(() -> new Person(token.issuer(), token.subject(), token.clientId()));
    }
  }

  private final int perOwner;
  private final ConcurrentHashMap<Owner, Integer> taken = new ConcurrentHashMap<>();

  /**
   * @param perOwner the number of connections that one owner may have at a time
   */
  ConnectionSlots(int perOwner) {
    this.perOwner = perOwner;
  }

  /** Takes a slot; false if all slots of the owner are taken. */
  boolean take(Owner owner) {
    var full = new boolean[1];
    taken.compute(
        owner,
        (key, count) -> {
          int now = count == null ? 0 : count;
          full[0] = now >= perOwner;
          return full[0] ? count : now + 1;
        });
    return !full[0];
  }

  /** Gives back a slot that was taken. */
  void giveBack(Owner owner) {
    taken.computeIfPresent(owner, (key, count) -> count == 1 ? null : count - 1);
  }
}
