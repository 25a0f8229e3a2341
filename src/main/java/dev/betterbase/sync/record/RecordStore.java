package dev.betterbase.sync.record;

import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * Writes records. A push of any size is one call of one database function ({@code push_records}),
 * which commits by itself: outside JTA, which would add two round trips.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class RecordStore {
  private static final String PUSH =
      "select code, at_cursor, exceeded, used"
          + " from push_records(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  @Inject private Database database;

  /** For the container. */
  public RecordStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  RecordStore(Database database) {
    this.database = database;
  }

  /**
   * Pushes all of the changes, or none.
   *
   * @param changes changes of different records
   * @param quota the storage quotas that hold for the caller
   * @throws dev.betterbase.sync.storage.StorageException if the database fails
   */
  public Entry<PushOutcome> push(Access access, List<RecordChange> changes, StorageQuota quota) {
    return access.run(
        database,
        "push",
        connection -> {
          try (PreparedStatement push = database.statement(connection, PUSH)) {
            access.bind(push, 1);
            bind(connection, push, changes);
            quota.bind(push, 10);
            try (ResultSet row = push.executeQuery()) {
              row.next();
              return Entry.of(row, RecordStore::outcome);
            }
          }
        });
  }

  private static void bind(
      Connection connection, PreparedStatement push, List<RecordChange> changes)
      throws SQLException {
    int count = changes.size();
    Object[] ids = new Object[count];
    byte[][] blobs = new byte[count][];
    Long[] expected = new Long[count];
    byte[][] deks = new byte[count][];
    int lowestEpoch = Integer.MAX_VALUE;
    long sent = 0;
    for (int i = 0; i < count; i++) {
      RecordChange change = changes.get(i);
      ids[i] = change.id().value();
      blobs[i] = change.blob();
      expected[i] = change.expectedCursor();
      deks[i] = change.dekBytes();
      lowestEpoch = Math.min(lowestEpoch, change.epoch());
      sent += change.blob() == null ? 0 : change.blob().length;
    }
    push.setArray(4, connection.createArrayOf("uuid", ids));
    push.setArray(5, connection.createArrayOf("bytea", blobs));
    push.setArray(6, connection.createArrayOf("int8", expected));
    push.setArray(7, connection.createArrayOf("bytea", deks));
    push.setInt(8, lowestEpoch);
    push.setLong(9, sent);
  }

  private static PushOutcome outcome(String code, ResultSet row) throws SQLException {
    return switch (code) {
      case "pushed" -> new PushOutcome.Pushed(row.getLong(2));
      case "conflict" -> new PushOutcome.Conflict();
      case "quota_exceeded" ->
          new PushOutcome.OverQuota(new StorageQuota.Exceeded(row.getLong(3), row.getLong(4)));
      case "key_generation_stale" -> new PushOutcome.KeyGenerationStale();
      default -> throw new IllegalStateException("push_records answered " + code);
    };
  }
}
