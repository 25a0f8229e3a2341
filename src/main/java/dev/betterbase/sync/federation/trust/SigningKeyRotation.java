package dev.betterbase.sync.federation.trust;

import dev.betterbase.sync.settings.KeyId;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Adds, deactivates and reseals signing keys. It works without a container, for the command line: a
 * running server notices the change within seconds. All methods throw {@link StorageException}.
 */
public final class SigningKeyRotation {
  private static final String ADD = "select add_signing_key(?, ?, ?, ?)";

  private static final String DEACTIVATE =
      "update federation_signing_keys"
          + " set is_active = false, is_primary = false, deactivated_at = now()"
          + " where kid = ? and is_active";

  private static final String ALL =
      "select kid, public_key, private_key from federation_signing_keys order by kid";

  /** Does nothing to a row that has changed in the meantime. */
  private static final String RESEAL =
      "update federation_signing_keys set private_key = ? where kid = ? and private_key = ?";

  private final Database database;
  private final KeySeal seal;

  /**
   * @param seal seals the seeds that are stored
   */
  public SigningKeyRotation(Database database, KeySeal seal) {
    this.database = database;
    this.seal = seal;
  }

  private record Row(String kid, byte[] publicKey, byte[] stored) {}

  private record Change(String kid, byte[] before, byte[] after) {}

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
            add.setBytes(2, seal.stored(key));
            add.setBytes(3, key.publicKey());
            add.setBoolean(4, promote);
            try (ResultSet row = add.executeQuery()) {
              return row.next() && row.getBoolean(1);
            }
          }
        });
  }

  /**
   * Stores all seeds anew, also those of keys that are no longer active: sealed if this rotation
   * seals, else as they are. A row that is no signing key of 32 bytes is left alone.
   *
   * @return the number of keys that were stored anew
   * @throws SealedSeed if one does not open; nothing was changed
   */
  public int reseal() throws SealedSeed {
    List<Row> rows = database.run("list signing keys", this::rows);
    List<Change> changes = new ArrayList<>();
    for (Row row : rows) {
      byte[] seed = seal.seed(row.kid(), row.publicKey(), row.stored());
      Optional<KeyId> id = KeyId.parse(row.kid());
      if (id.isPresent() && seed.length == SigningKey.LENGTH) {
        changes.add(
            new Change(row.kid(), row.stored(), seal.stored(new SigningKey(id.get(), seed))));
      }
    }
    return database.run("reseal signing keys", connection -> store(connection, changes));
  }

  private List<Row> rows(Connection connection) throws SQLException {
    List<Row> rows = new ArrayList<>();
    try (PreparedStatement select = database.statement(connection, ALL);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        rows.add(new Row(row.getString(1), row.getBytes(2), row.getBytes(3)));
      }
    }
    return rows;
  }

  private int store(Connection connection, List<Change> changes) throws SQLException {
    int stored = 0;
    try (PreparedStatement update = database.statement(connection, RESEAL)) {
      for (Change change : changes) {
        update.setBytes(1, change.after());
        update.setString(2, change.kid());
        update.setBytes(3, change.before());
        stored += update.executeUpdate();
      }
    }
    return stored;
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
