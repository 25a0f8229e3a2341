package dev.betterbase.sync.admin;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.AccessTokenVerifier;
import dev.betterbase.sync.identity.Person;
import dev.betterbase.sync.identity.PersonalSpace;
import dev.betterbase.sync.settings.Secret;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A person whose data an administrator asks for. The server stores no identity, so this is how the
 * data is found: the id of a personal space is derived from the person and the application, and
 * limits and quotas by person count for a pseudonym. The mailbox is a value of the issuer, which
 * must be given.
 *
 * @param issuer with or without trailing slashes
 * @param mailboxId 64 lower-case hex digits; empty if it is not known
 * @param identityHashKey IDENTITY_HASH_KEY of the server; empty if it has none
 */
public record SoughtPerson(
    String issuer, String subject, Optional<String> mailboxId, Optional<Secret> identityHashKey) {

  public SoughtPerson {
    if (mailboxId.isPresent() && !AccessToken.isMailboxId(mailboxId.get())) {
      throw new IllegalArgumentException("a mailbox id is 64 lower-case hex digits");
    }
  }

  /**
   * The ids that the person's personal space in an application may have: a token is accepted with
   * the id derived from the issuer as the token spells it, or without trailing slashes.
   */
  Set<UUID> personalSpaces(String clientId) {
    String plain = AccessTokenVerifier.withoutTrailingSlashes(issuer);
    return Stream.of(issuer, plain, plain + '/')
        .map(spelling -> PersonalSpace.idOf(spelling, subject, clientId).value())
        .collect(Collectors.toSet());
  }

  /** The pseudonym under which limits by person and storage quotas count. */
  Optional<String> pseudonym() {
    return identityHashKey.map(
        key -> Person.pseudonym(key, AccessTokenVerifier.withoutTrailingSlashes(issuer), subject));
  }

  /** Names nobody. */
  @Override
  public String toString() {
    return "SoughtPerson";
  }
}
