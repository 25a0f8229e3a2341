package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.KeyId;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The signing keys of this server (storage.md, table federation_signing_keys). Of the active ones,
 * which peers find in the key set, one is the primary, by which this server signs. Every method is
 * one statement and commits by itself; all throw {@link StorageException}.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class SigningKeyStore {
  private static final String ADD = "select add_signing_key(?, ?, ?, ?)";

  private static final String ENSURE =
      "insert into federation_signing_keys (kid, private_key, public_key, is_primary)"
          + " select ?, ?, ?, true"
          + " where not exists (select from federation_signing_keys where is_primary and is_active)"
          + " on conflict do nothing";

  private static final String DEACTIVATE =
      "update federation_signing_keys"
          + " set is_active = false, is_primary = false, deactivated_at = now()"
          + " where kid = ? and is_active";

  private static final String ACTIVE =
      "select kid, private_key, is_primary from federation_signing_keys"
          + " where is_active and length(private_key) = 32 order by created_at, kid";

  @Inject private Database database;

  /** For the container, which fills in the database. */
  public SigningKeyStore() {}

  /** For use outside a container. */
  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  public SigningKeyStore(Database database) {
    this.database = database;
  }

  /**
   * An active key.
   *
   * @param primary whether this server signs by it
   */
  public record Stored(SigningKey key, boolean primary) {}

  /**
   * Stores a new key.
   *
   * @param promote whether this server signs by it from now on; else it is only shown in the key
   *     set
   * @return false where the id is taken, and nothing was changed
   */
  public boolean add(SigningKey key, boolean promote) {
    return database.run(
        "add signing key",
        connection -> {
          try (PreparedStatement add = Database.prepare(connection, ADD)) {
            bind(add, key);
            add.setBoolean(4, promote);
            try (ResultSet row = add.executeQuery()) {
              return row.next() && row.getBoolean(1);
            }
          }
        });
  }

  /**
   * Stores a key as the primary where there is none; of several servers that start at once one
   * does.
   *
   * @return whether it was stored
   */
  public boolean ensure(SigningKey key) {
    return database.run(
        "ensure signing key",
        connection -> {
          try (PreparedStatement ensure = Database.prepare(connection, ENSURE)) {
            bind(ensure, key);
            return ensure.executeUpdate() == 1;
          }
        });
  }

  private static void bind(PreparedStatement statement, SigningKey key) throws SQLException {
    statement.setString(1, key.id().toString());
    statement.setBytes(2, key.seed());
    statement.setBytes(3, key.publicKey());
  }

  /**
   * Takes a key out of use for good.
   *
   * @return false where no active key has this id
   */
  public boolean deactivate(String keyId) {
    return database.run(
        "deactivate signing key",
        connection -> {
          try (PreparedStatement update = Database.prepare(connection, DEACTIVATE)) {
            update.setString(1, keyId);
            return update.executeUpdate() == 1;
          }
        });
  }

  /** The active keys, oldest first; one whose id no peer would take is left out. */
  public List<Stored> active() {
    return database.run("list signing keys", SigningKeyStore::active);
  }

  private static List<Stored> active(Connection connection) throws SQLException {
    try (PreparedStatement select = Database.prepare(connection, ACTIVE);
        ResultSet rows = select.executeQuery()) {
      var keys = new ArrayList<Stored>();
      while (rows.next()) {
        Optional<KeyId> id = KeyId.parse(rows.getString(1));
        if (id.isPresent()) {
          keys.add(new Stored(new SigningKey(id.get(), rows.getBytes(2)), rows.getBoolean(3)));
        }
      }
      return keys;
    }
  }
}
