package dev.betterbase.sync.record;

import dev.betterbase.sync.quota.GrantNeededException;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.SpaceElsewhereException;
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
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes records. A push of any size is one call of one database function ({@code push_records}),
 * and so are several small ones ({@code push_together}). It commits by itself: outside JTA, which
 * would add two round trips.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class RecordStore {
  private static final String PUSH =
      "select code, at_cursor, exceeded, used"
          + " from push_records(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  private static final String PUSH_TOGETHER =
      "select code, at_cursor, exceeded, used"
          + " from push_together(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  /** With several databases, in which a person's quota has parts. */
  private static final String PUSH_SPREAD =
      "select code, at_cursor, exceeded, used, counts_for"
          + " from push_records(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, true)";

  private static final String PUSH_TOGETHER_SPREAD =
      "select code, at_cursor, exceeded, used"
          + " from push_together(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, true)";

  /** The codes of a push in a group that has to be written alone. */
  private static final Set<String> ALONE = Set.of("left_out", GrantNeededException.CODE);

  /** The classes of SQLSTATEs that speak of the data, or of a deadlock. */
  private static final Set<String> OF_ONE_PUSH = Set.of("22", "23", "40");

  @Inject private Database database;

  /** For the container. */
  public RecordStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  RecordStore(Database database) {
    this.database = database;
  }

  /**
   * Writes a push, and waits for the lock of its space.
   *
   * @throws StorageException if the database fails
   * @throws GrantNeededException if its database has too little of the quota of a person
   */
  public Entry<PushOutcome> push(RecordPush push) {
    return push.access()
        .in(
            database,
            where ->
                where.run(
                    "push",
                    connection -> push(where, connection, push, true, row -> entry(where, row))));
  }

  /**
   * Writes small pushes in one transaction, in their order. None waits for a lock.
   *
   * @param where the database of all their spaces
   * @param pushes pushes that {@linkplain RecordPush#deletes delete} nothing
   * @return one answer for each push, in order; empty for one that was not done and has to be
   *     written alone
   * @throws StorageException if the database fails
   */
  public List<Optional<Entry<PushOutcome>>> pushTogether(Database where, List<RecordPush> pushes) {
    try {
      return where.run(
          "push",
          connection ->
              pushes.size() == 1
                  ? List.of(one(where, connection, pushes.getFirst()))
                  : together(where, connection, pushes));
    } catch (SpaceElsewhereException moved) {
      return Collections.nCopies(pushes.size(), Optional.empty());
    } catch (StorageException failure) {
      if (isOfOnePush(failure)) {
        return Collections.nCopies(pushes.size(), Optional.empty());
      }
      throw failure;
    }
  }

  /** Whether one push may have made all fail. Nothing was committed, so each can be done alone. */
  private static boolean isOfOnePush(StorageException failure) {
    return failure.getCause() instanceof SQLException cause
        && cause.getSQLState() != null
        && OF_ONE_PUSH.contains(cause.getSQLState().substring(0, 2));
  }

  /** Reads an answer from a row. */
  private interface Answer<T> {
    T read(ResultSet row) throws SQLException;
  }

  private static <T> T push(
      Database where, Connection connection, RecordPush push, boolean waits, Answer<T> answer)
      throws SQLException {
    try (PreparedStatement statement =
        where.statement(connection, where.isSpread() ? PUSH_SPREAD : PUSH)) {
      push.access().bind(statement, 1);
      bind(connection, statement, 4, push.changes());
      statement.setInt(8, push.lowestEpoch());
      statement.setLong(9, push.bytes());
      push.quota().bind(statement, 10);
      statement.setBoolean(13, waits);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return answer.read(row);
      }
    }
  }

  private static Optional<Entry<PushOutcome>> one(
      Database where, Connection connection, RecordPush push) throws SQLException {
    return push(where, connection, push, false, row -> answer(where, row));
  }

  private static List<Optional<Entry<PushOutcome>>> together(
      Database where, Connection connection, List<RecordPush> pushes) throws SQLException {
    String sql = where.isSpread() ? PUSH_TOGETHER_SPREAD : PUSH_TOGETHER;
    try (PreparedStatement statement = where.statement(connection, sql)) {
      bindAll(connection, statement, pushes);
      try (ResultSet rows = statement.executeQuery()) {
        List<Optional<Entry<PushOutcome>>> answers = new ArrayList<>(pushes.size());
        while (rows.next()) {
          answers.add(answer(where, rows));
        }
        return answers;
      }
    }
  }

  private static void bindAll(
      Connection connection, PreparedStatement statement, List<RecordPush> pushes)
      throws SQLException {
    int count = pushes.size();
    Object[] spaces = new Object[count];
    @Nullable String[] clients = new String[count];
    @Nullable String[] chains = new String[count];
    Integer[] counts = new Integer[count];
    Integer[] lowestEpochs = new Integer[count];
    Long[] sizes = new Long[count];
    @Nullable Long[] spaceQuotas = new Long[count];
    @Nullable Long[] personQuotas = new Long[count];
    @Nullable String[] persons = new String[count];
    List<RecordChange> changes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      RecordPush push = pushes.get(i);
      List<String> chain = push.access().chain();
      spaces[i] = push.access().space().value();
      clients[i] = push.access().clientId();
      chains[i] = chain == null ? null : String.join(" ", chain);
      counts[i] = push.changes().size();
      lowestEpochs[i] = push.lowestEpoch();
      sizes[i] = push.bytes();
      spaceQuotas[i] = orNull(push.quota().spaceBytes());
      personQuotas[i] = orNull(push.quota().personBytes());
      persons[i] = push.quota().person().orElse(null);
      changes.addAll(push.changes());
    }
    statement.setArray(1, connection.createArrayOf("uuid", spaces));
    statement.setArray(2, connection.createArrayOf("text", clients));
    statement.setArray(3, connection.createArrayOf("text", chains));
    statement.setArray(4, connection.createArrayOf("int4", counts));
    bind(connection, statement, 5, changes);
    statement.setArray(9, connection.createArrayOf("int4", lowestEpochs));
    statement.setArray(10, connection.createArrayOf("int8", sizes));
    statement.setArray(11, connection.createArrayOf("int8", spaceQuotas));
    statement.setArray(12, connection.createArrayOf("text", persons));
    statement.setArray(13, connection.createArrayOf("int8", personQuotas));
  }

  private static @Nullable Long orNull(OptionalLong quota) {
    return quota.isPresent() ? (Long) quota.getAsLong() : null;
  }

  /** Binds the ids, blobs, expected cursors and DEKs. */
  private static void bind(
      Connection connection, PreparedStatement statement, int first, List<RecordChange> changes)
      throws SQLException {
    int count = changes.size();
    Object[] ids = new Object[count];
    byte[][] blobs = new byte[count][];
    Long[] expected = new Long[count];
    byte[][] deks = new byte[count][];
    for (int i = 0; i < count; i++) {
      RecordChange change = changes.get(i);
      ids[i] = change.id().value();
      blobs[i] = change.blob();
      expected[i] = change.expectedCursor();
      deks[i] = change.dekBytes();
    }
    statement.setArray(first, connection.createArrayOf("uuid", ids));
    statement.setArray(first + 1, connection.createArrayOf("bytea", blobs));
    statement.setArray(first + 2, connection.createArrayOf("int8", expected));
    statement.setArray(first + 3, connection.createArrayOf("bytea", deks));
  }

  private static Optional<Entry<PushOutcome>> answer(Database where, ResultSet row)
      throws SQLException {
    return ALONE.contains(row.getString(1)) ? Optional.empty() : Optional.of(entry(where, row));
  }

  private static Entry<PushOutcome> entry(Database where, ResultSet row) throws SQLException {
    return Entry.of(row, (code, of) -> outcome(where, code, of));
  }

  private static PushOutcome outcome(Database where, String code, ResultSet row)
      throws SQLException {
    return switch (code) {
      case "pushed" -> new PushOutcome.Pushed(row.getLong(2));
      case "conflict" -> new PushOutcome.Conflict();
      case "quota_exceeded" ->
          new PushOutcome.OverQuota(new StorageQuota.Exceeded(row.getLong(3), row.getLong(4)));
      case "key_generation_stale" -> new PushOutcome.KeyGenerationStale();
      case GrantNeededException.CODE -> throw GrantNeededException.of(where, row);
      default -> throw new IllegalStateException("push_records answered " + code);
    };
  }
}
