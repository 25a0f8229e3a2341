package dev.betterbase.sync.identity;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** The issuer that each mailbox belongs to (auth.md, Mailbox). */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class MailboxStore {
  private static final String OWNERS =
      "select mailbox_id, issuer from mailbox_issuers where mailbox_id = any (?)";

  private static final String CLAIM =
      "insert into mailbox_issuers (mailbox_id, issuer)"
          + " select * from unnest(?, ?) on conflict (mailbox_id) do nothing";

  @Inject private Database database;

  /** For the container. */
  public MailboxStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  MailboxStore(Database database) {
    this.database = database;
  }

  /**
   * Gives each mailbox to an issuer, unless it has an owner. New owners are committed together, and
   * are on disk when this method returns.
   *
   * @param claims issuers without trailing slashes, by mailbox id (64 lower-case hex digits)
   * @return the owners of all these mailboxes, which never change
   * @throws StorageException if the database does not answer
   */
  public Map<String, String> claim(Map<String, String> claims) {
    return database.run(
        "claim mailboxes",
        connection -> {
          Map<String, String> owners = new HashMap<>(owners(connection, claims.keySet()));
          // In the order of their ids, so that two nodes do not wait for each other.
          Map<String, String> unknown = new TreeMap<>(claims);
          unknown.keySet().removeAll(owners.keySet());
          if (unknown.isEmpty()) {
            return owners;
          }
          if (insert(connection, unknown) == unknown.size()) {
            owners.putAll(unknown);
          } else {
            // Where another claim was first, the insert waited for its commit.
            owners.putAll(owners(connection, unknown.keySet()));
          }
          return owners;
        });
  }

  private Map<String, String> owners(Connection connection, Collection<String> mailboxes)
      throws SQLException {
    try (PreparedStatement select = database.statement(connection, OWNERS)) {
      select.setArray(1, connection.createArrayOf("bpchar", mailboxes.toArray()));
      Map<String, String> owners = new HashMap<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          owners.put(rows.getString(1), rows.getString(2));
        }
      }
      return owners;
    }
  }

  private int insert(Connection connection, Map<String, String> claims) throws SQLException {
    try (PreparedStatement insert = database.statement(connection, CLAIM)) {
      insert.setArray(1, connection.createArrayOf("bpchar", claims.keySet().toArray()));
      insert.setArray(2, connection.createArrayOf("text", claims.values().toArray()));
      return insert.executeUpdate();
    }
  }
}
