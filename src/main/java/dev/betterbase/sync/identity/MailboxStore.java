package dev.betterbase.sync.identity;

import dev.betterbase.sync.protocol.Failure;
import jakarta.annotation.Resource;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Which issuer a mailbox belongs to (auth.md, Mailbox). Each statement commits by itself: a second
 * one must see what another node has committed meanwhile.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class MailboxStore {
  /** In seconds. Somebody who connects is waiting. */
  private static final int STATEMENT_TIMEOUT = 5;

  // Bound as text a mailbox id would be compared as varchar, and the index of char(64) not used.
  private static final String CLAIM =
      "insert into mailbox_issuers (mailbox_id, issuer) values (cast(? as character(64)), ?)"
          + " on conflict (mailbox_id) do nothing";
  static final String OWNER =
      "select issuer from mailbox_issuers where mailbox_id = cast(? as character(64))";

  @Resource(lookup = "java:comp/env/jdbc/betterbase-sync")
  private DataSource dataSource;

  /** For the container, which fills in the datasource. */
  public MailboxStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  MailboxStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Gives the mailbox to this issuer unless it has an owner.
   *
   * @param mailboxId 64 lower-case hex digits
   * @param issuer without trailing slashes
   * @return the owner, for ever
   * @throws RuntimeException where the database does not answer (a {@link Failure.Internal}, which
   *     the container wraps)
   */
  public String claim(String mailboxId, String issuer) {
    try (Connection connection = dataSource.getConnection()) {
      try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
        claim.setQueryTimeout(STATEMENT_TIMEOUT);
        claim.setString(1, mailboxId);
        claim.setString(2, issuer);
        if (claim.executeUpdate() == 1) {
          return issuer;
        }
      }
      // Rows are never changed, so a claim that met one (and waited for it, if need be) finds it.
      try (PreparedStatement owner = connection.prepareStatement(OWNER)) {
        owner.setQueryTimeout(STATEMENT_TIMEOUT);
        owner.setString(1, mailboxId);
        try (ResultSet row = owner.executeQuery()) {
          if (!row.next()) {
            throw new SQLException("a mailbox lost its owner");
          }
          return row.getString(1);
        }
      }
    } catch (SQLException failure) {
      throw new Failure.Internal(failure);
    }
  }
}
