package dev.betterbase.sync.identity;

import dev.betterbase.sync.storage.Entities;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.inject.Inject;
import java.util.Optional;

/** The issuer that each mailbox belongs to (auth.md, Mailbox). */
@Stateless
public class MailboxStore {
  // A string is bound as varchar. Compared with that, the index on char(64) would not be used.
  private static final String OWNER =
      "select m.issuer from MailboxIssuerEntity m where m.mailboxId = FUNCTION('bpchar', :mailbox)";

  // JPQL has no insert, and persist would fail the transaction where another node is first.
  private static final String CLAIM =
      "insert into mailbox_issuers (mailbox_id, issuer) values (cast(?1 as character(64)), ?2)"
          + " on conflict (mailbox_id) do nothing";

  @Inject private Entities entities;

  /** For the container. */
  public MailboxStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  MailboxStore(Entities entities) {
    this.entities = entities;
  }

  /**
   * Gives a mailbox to an issuer, unless the mailbox has an owner.
   *
   * @param mailboxId 64 lower-case hex digits
   * @param issuer without trailing slashes
   * @return the owner, which never changes
   * @throws StorageException if the database does not answer
   */
  public String claim(String mailboxId, String issuer) {
    return entities.run(
        "claim mailbox",
        session ->
            owner(session, mailboxId)
                .orElseGet(
                    () -> {
                      session
                          .sql(CLAIM)
                          .setParameter(1, mailboxId)
                          .setParameter(2, issuer)
                          .executeUpdate();
                      // Where another claim was first, the insert waited for its commit.
                      return owner(session, mailboxId).orElseThrow();
                    }));
  }

  private static Optional<String> owner(Entities.Session session, String mailboxId) {
    return session
        .query(OWNER, String.class)
        .setParameter("mailbox", mailboxId)
        .getResultStream()
        .findFirst();
  }
}
