package dev.betterbase.sync.invitation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.betterbase.sync.invitation.InvitationStore.CreateOutcome;
import dev.betterbase.sync.ratelimit.Allowance;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Shares the places of a mailbox out between its senders, so that one of them cannot keep the
 * others out. Nobody is refused while there is a place. When there is none, the last invitation of
 * the sender with most gives way, as long as that leaves them at least as many as the newcomer has.
 *
 * <p>The senders of invitations are kept in memory only, and only those of invitations that this
 * node has taken since it started, because the database holds no identities. An invitation of an
 * unknown sender never gives way.
 */
@ApplicationScoped
public class MailboxShares {
  /** The most invitations whose sender is known, of about 100 bytes each. */
  private static final int KNOWN_AT_MOST = 200_000;

  private static final Duration KNOWN_FOR = Duration.ofDays(7);

  @Inject private InvitationStore store;

  /** The invitations of each mailbox, oldest first. Some may have been deleted meanwhile. */
  private final Cache<String, List<Sent>> mailboxes =
      Caffeine.newBuilder()
          .maximumWeight(KNOWN_AT_MOST)
          .<String, List<Sent>>weigher((mailbox, sent) -> sent.size() + 1)
          .expireAfterWrite(KNOWN_FOR)
          // Upkeep must not outlive the application in a pool of the JVM.
          .executor(Runnable::run)
          .build();

  private record Sent(Object sender, UUID invitation) {}

  /**
   * Stores an invitation.
   *
   * @param sender the person or peer; see {@code Caller.party}
   * @param mailboxId 64 lower-case hex digits
   * @param allowance the sender's rate limit; empty if the sender has none
   */
  public CreateOutcome create(
      Object sender, String mailboxId, String payload, Optional<Allowance> allowance) {
    CreateOutcome outcome = store.create(mailboxId, payload, allowance);
    while (outcome instanceof CreateOutcome.MailboxFull) {
      Optional<UUID> givesWay = takeFromMost(mailboxId, sender);
      if (givesWay.isEmpty()) {
        return outcome;
      }
      if (store.delete(mailboxId, givesWay.get())) {
        outcome = store.create(mailboxId, payload, allowance);
      }
    }
    if (outcome instanceof CreateOutcome.Created(Invitation invitation)) {
      remember(mailboxId, new Sent(sender, invitation.id()));
    }
    return outcome;
  }

  private void remember(String mailboxId, Sent latest) {
    mailboxes
        .asMap()
        .merge(
            mailboxId,
            List.of(latest),
            (known, one) -> {
              var all = new ArrayList<Sent>(known);
              all.addAll(one);
              // A mailbox holds no more, so its oldest invitations are gone.
              return List.copyOf(
                  all.subList(Math.max(0, all.size() - InvitationStore.MAILBOX_HOLDS), all.size()));
            });
  }

  /** Forgets the last invitation of the sender with most; empty if nobody has enough more. */
  private Optional<UUID> takeFromMost(String mailboxId, Object newcomer) {
    var taken = new ArrayList<UUID>(1);
    mailboxes
        .asMap()
        .computeIfPresent(
            mailboxId,
            (same, known) -> {
              Map<Object, Long> counts =
                  known.stream()
                      .collect(Collectors.groupingBy(Sent::sender, Collectors.counting()));
              long most = counts.values().stream().mapToLong(Long::longValue).max().orElse(0);
              if (most < counts.getOrDefault(newcomer, 0L) + 2) {
                return known;
              }
              Sent last =
                  known.reversed().stream()
                      .filter(each -> counts.getOrDefault(each.sender(), 0L) == most)
                      .findFirst()
                      .orElseThrow();
              taken.add(last.invitation());
              return known.stream().filter(each -> !each.equals(last)).toList();
            });
    return taken.stream().findFirst();
  }
}
