package dev.betterbase.sync.identity;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.settings.Secret;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The claims of a verified access token (auth.md, Access tokens).
 *
 * @param issuer its trusted issuer, without trailing slashes
 * @param subject claim {@code sub}, not empty
 * @param clientId claim {@code client_id}, not empty
 * @param scopes the scopes of the token, in the order of its claim, which separates them by spaces
 * @param expiresAt claim {@code exp}, whole seconds; the token is good until this second is over
 * @param personalSpace the caller's own space, if the claim is usable under the policy in force
 * @param did claim {@code did} as it stands, not empty; whether it names a key is not checked
 * @param mailboxId claim {@code mailbox_id}, if it is 64 lower-case hex digits. It may belong to
 *     another issuer: see {@code MailboxOwners}
 */
public record AccessToken(
    String issuer,
    String subject,
    String clientId,
    Set<String> scopes,
    Instant expiresAt,
    Optional<SpaceId> personalSpace,
    Optional<String> did,
    Optional<String> mailboxId) {
  /** The scope that every RPC connection needs. */
  public static final String SCOPE_SYNC = "sync";

  /** The scope that file routes need. */
  public static final String SCOPE_FILES = "files";

  private static final Pattern MAILBOX_ID = Pattern.compile("[0-9a-f]{64}");

  public AccessToken {
    if (issuer.isEmpty() || issuer.endsWith("/") || subject.isEmpty() || clientId.isEmpty()) {
      throw new IllegalArgumentException(
          "issuer, subject and client are not empty, and an issuer ends in no slash");
    }
    if (mailboxId.isPresent() && !isMailboxId(mailboxId.get())) {
      throw new IllegalArgumentException("a mailbox id is 64 lower-case hex digits");
    }
    scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
  }

  /** Whether this text has the form of a mailbox id: 64 lower-case hex digits. */
  public static boolean isMailboxId(String text) {
    return MAILBOX_ID.matcher(text).matches();
  }

  public boolean hasScope(String scope) {
    return scopes.contains(scope);
  }

  /** The person whose token this is, at whichever client. */
  public Person person() {
    return Person.of(issuer, subject);
  }

  /** The {@link Person#pseudonym} of this person. */
  public String pseudonym(Secret key) {
    return Person.pseudonym(key, issuer, subject);
  }

  /** Whether issuer, subject and client are the same (methods.md, token.refresh). */
  public boolean isOfSameCaller(AccessToken other) {
    return issuer.equals(other.issuer)
        && subject.equals(other.subject)
        && clientId.equals(other.clientId);
  }

  /** The same token, as if it named no mailbox. */
  public AccessToken withoutMailbox() {
    return new AccessToken(
        issuer, subject, clientId, scopes, expiresAt, personalSpace, did, Optional.empty());
  }

  /** Names no identity: tokens must not reach a log. */
  @Override
  public String toString() {
    return "AccessToken[expiresAt=" + expiresAt + ", scopes=" + scopes + "]";
  }
}
