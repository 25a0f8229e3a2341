package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.AccessToken;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the authenticated connections of each owner (protocol.md, Connecting): one mailbox of one
 * issuer, or one issuer, subject and client if the token has no mailbox. Those that the owner has
 * on other nodes count too, as far as they are known here.
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

  /** The connections of owners on other nodes. */
  interface OtherNodes {
    /** For a server without other nodes. */
    OtherNodes NONE =
        new OtherNodes() {
          @Override
          public int count(Owner owner) {
            return 0;
          }

          @Override
          public void tell(Owner owner, int count) {
            // There is nobody to tell.
          }
        };

    /** The number of connections that an owner has there. */
    int count(Owner owner);

    /** Tells the other nodes the number of connections that an owner has here now. Never waits. */
    void tell(Owner owner, int count);
  }

  private final int perOwner;
  private final OtherNodes others;
  private final ConcurrentHashMap<Owner, Integer> taken = new ConcurrentHashMap<>();

  /**
   * @param perOwner the number of connections that one owner may have at a time
   * @param others knows of the connections elsewhere
   */
  ConnectionSlots(int perOwner, OtherNodes others) {
    this.perOwner = perOwner;
    this.others = others;
  }

  /** Takes a slot; false if all slots of the owner are taken. */
  boolean take(Owner owner) {
    int elsewhere = others.count(owner);
    var full = new boolean[1];
    taken.compute(
        owner,
        (key, count) -> {
          int now = count == null ? 0 : count;
          full[0] = now >= perOwner - elsewhere;
          // An if, because a conditional expression would unbox a count that is null.
          if (full[0]) {
            return count;
          }
          return told(owner, now + 1);
        });
    return !full[0];
  }

  /** Gives back a slot that was taken. */
  void giveBack(Owner owner) {
    taken.computeIfPresent(
        owner,
        (key, count) -> {
          int rest = told(owner, count - 1);
          return rest == 0 ? null : rest;
        });
  }

  /** Tells others in the order of the changes, because the entry of the owner is locked. */
  private int told(Owner owner, int count) {
    others.tell(owner, count);
    return count;
  }

  /** The owners that have connections here; a weakly consistent view. */
  Map<Owner, Integer> taken() {
    return Collections.unmodifiableMap(taken);
  }
}
