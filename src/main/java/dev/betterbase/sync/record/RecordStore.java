package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.space.Database;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes records. A push of any size is one call of one function in the database (migration V2,
 * {@code push_records}), which commits by itself: outside JTA, which would add two round trips.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class RecordStore {
  private static final String PUSH =
      "select code, at_cursor from push_records(?, ?, ?, ?, ?, ?, ?)";

  @Inject private Database database;

  /** For the container. */
  public RecordStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  RecordStore(Database database) {
    this.database = database;
  }

  /**
   * Pushes to the caller's personal space, which is made where it does not exist yet.
   *
   * @param clientId the token's {@code client_id}, kept with a space that is made
   * @param changes of different records
   * @throws dev.betterbase.sync.space.StorageException where the database failed
   */
  public PushOutcome pushPersonal(SpaceId space, String clientId, List<RecordChange> changes) {
    return push(space, clientId, changes);
  }

  /**
   * Pushes to a shared space; whether the caller may, was decided before.
   *
   * @param changes of different records
   * @throws dev.betterbase.sync.space.StorageException where the database failed
   */
  public PushOutcome pushShared(SpaceId space, List<RecordChange> changes) {
    return push(space, null, changes);
  }

  private PushOutcome push(SpaceId space, @Nullable String clientId, List<RecordChange> changes) {
    return database.run(
        "push",
        connection -> {
          try (PreparedStatement push = Database.prepare(connection, PUSH)) {
            bind(connection, push, space, clientId, changes);
            try (ResultSet row = push.executeQuery()) {
              row.next();
              return outcome(row.getString(1), row.getLong(2));
            }
          }
        });
  }

  private static void bind(
      Connection connection,
      PreparedStatement push,
      SpaceId space,
      @Nullable String clientId,
      List<RecordChange> changes)
      throws SQLException {
    int count = changes.size();
    Object[] ids = new Object[count];
    byte[][] blobs = new byte[count][];
    Object[] expected = new Object[count];
    byte[][] deks = new byte[count][];
    int lowestEpoch = Integer.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      RecordChange change = changes.get(i);
      ids[i] = change.id().value();
      blobs[i] = change.blob();
      expected[i] = change.expectedCursor();
      deks[i] = change.dek();
      lowestEpoch = Math.min(lowestEpoch, change.epoch());
    }
    push.setObject(1, space.value());
    push.setString(2, clientId);
    push.setArray(3, connection.createArrayOf("uuid", ids));
    push.setArray(4, connection.createArrayOf("bytea", blobs));
    push.setArray(5, connection.createArrayOf("int8", expected));
    push.setArray(6, connection.createArrayOf("bytea", deks));
    push.setInt(7, lowestEpoch);
  }

  private static PushOutcome outcome(String code, long cursor) {
    return switch (code) {
      case "pushed" -> new PushOutcome.Pushed(cursor);
      case "conflict" -> new PushOutcome.Conflict();
      case "key_generation_stale" -> new PushOutcome.KeyGenerationStale();
      case "not_found" -> new PushOutcome.NotFound();
      case "not_personal" -> new PushOutcome.NotPersonal();
      default -> throw new IllegalStateException("push_records answered " + code);
    };
  }
}
