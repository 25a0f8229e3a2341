package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/**
 * Adds and deactivates signing keys. It works without a container, for the command line: a running
 * server notices the change within seconds. All methods throw {@link StorageException}.
 */
public final class SigningKeyRotation {
  private static final String ADD = "select add_signing_key(?, ?, ?, ?)";

  private static final String DEACTIVATE =
      "update federation_signing_keys"
          + " set is_active = false, is_primary = false, deactivated_at = now()"
          + " where kid = ? and is_active";

  private final Database database;

  public SigningKeyRotation(Database database) {
    this.database = database;
  }

  /**
   * Stores a new key.
   *
   * @param promote whether the key becomes the primary; otherwise it only appears in the key set
   * @return false if the id is taken; nothing was changed
   */
  public boolean add(SigningKey key, boolean promote) {
    return database.run(
        "add signing key",
        connection -> {
          try (PreparedStatement add = database.statement(connection, ADD)) {
            add.setString(1, key.id().toString());
            add.setBytes(2, key.seed());
            add.setBytes(3, key.publicKey());
            add.setBoolean(4, promote);
            try (ResultSet row = add.executeQuery()) {
              return row.next() && row.getBoolean(1);
            }
          }
        });
  }

  /**
   * Takes a key out of use for good.
   *
   * @return false if no active key has this id
   */
  public boolean deactivate(String keyId) {
    return database.run(
        "deactivate signing key",
        connection -> {
          try (PreparedStatement update = database.statement(connection, DEACTIVATE)) {
            update.setString(1, keyId);
            return update.executeUpdate() == 1;
          }
        });
  }
}
