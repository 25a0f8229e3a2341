package dev.betterbase.sync.identity;

import dev.betterbase.sync.storage.StorageException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Claims mailboxes in groups. Callers wait while one of them is at the database; the next one then
 * takes the claims of all who wait with it. So when everybody connects at once, many people share
 * one round trip and one commit, and claims use one connection of the pool.
 *
 * <p>The queue is as long as there are threads that authenticate connections or requests, of which
 * each waits for its own claim.
 */
final class MailboxClaims {
  /** The most claims in one statement. */
  private static final int GROUP = 256;

  private final UnaryOperator<Map<String, String>> store;
  private final Duration patience;

  /** Held by the caller that is at the database. Fair, because whoever waits longest is next. */
  private final ReentrantLock turn = new ReentrantLock(true);

  /** Guarded by itself. */
  private final ArrayDeque<Claim> waiting = new ArrayDeque<>();

  /** One caller's claim. The outcome is written by the caller whose turn it is. */
  private static final class Claim {
    final String mailboxId;
    final String issuer;
    volatile @Nullable String owner;
    volatile @Nullable RuntimeException failure;

    Claim(String mailboxId, String issuer) {
      this.mailboxId = mailboxId;
      this.issuer = issuer;
    }

    boolean isDone() {
      return owner != null || failure != null;
    }
  }

  /**
   * @param store claims mailboxes for issuers, and returns the owner of each
   * @param patience how long a caller waits for its turn
   */
  MailboxClaims(UnaryOperator<Map<String, String>> store, Duration patience) {
    this.store = store;
    this.patience = patience;
  }

  /**
   * Gives a mailbox to an issuer, unless the mailbox has an owner.
   *
   * @param mailboxId 64 lower-case hex digits
   * @param issuer without trailing slashes
   * @return the owner, which never changes
   * @throws RuntimeException if the database does not answer in time
   */
  String claim(String mailboxId, String issuer) {
    Claim claim = new Claim(mailboxId, issuer);
    synchronized (waiting) {
      waiting.add(claim);
    }
    awaitTurn(claim);
    try {
      while (!claim.isDone()) {
        claimAll(next());
      }
    } finally {
      turn.unlock();
    }
    RuntimeException failure = claim.failure;
    if (failure != null) {
      throw new StorageException("claim mailbox failed", failure);
    }
    return Objects.requireNonNull(claim.owner);
  }

  /** The number of claims that nobody has taken to the database yet. */
  int waiting() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  private void awaitTurn(Claim claim) {
    boolean taken = false;
    try {
      taken = turn.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!taken) {
      synchronized (waiting) {
        waiting.remove(claim);
      }
      throw new StorageException("claim mailbox failed", new TimeoutException("no turn"));
    }
  }

  private List<Claim> next() {
    List<Claim> group = new ArrayList<>();
    synchronized (waiting) {
      while (!waiting.isEmpty() && group.size() < GROUP) {
        group.add(waiting.remove());
      }
    }
    return group;
  }

  private void claimAll(List<Claim> group) {
    Map<String, String> claims = new HashMap<>();
    // Of two issuers that show one mailbox, the first in the queue gets it.
    group.forEach(claim -> claims.putIfAbsent(claim.mailboxId, claim.issuer));
    try {
      Map<String, String> owners = store.apply(claims);
      group.forEach(claim -> claim.owner = Objects.requireNonNull(owners.get(claim.mailboxId)));
    } catch (RuntimeException failure) {
      group.forEach(claim -> claim.failure = failure);
    }
  }
}
