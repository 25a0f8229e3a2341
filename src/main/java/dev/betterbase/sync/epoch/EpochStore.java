package dev.betterbase.sync.epoch;

import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Entry;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionAttribute;
import jakarta.ejb.TransactionAttributeType;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The key epochs of spaces. Each method is one call of one database function (R__epoch.sql), which
 * commits by itself.
 */
@Stateless
@TransactionAttribute(TransactionAttributeType.NOT_SUPPORTED)
public class EpochStore {
  private static final String BEGIN =
      "select code, key_generation, rewrap_epoch from begin_epoch(?, ?, ?, ?, ?)";
  private static final String COMPLETE = "select complete_epoch(?, ?, ?, ?)";

  @Inject private Database database;

  /** For the container. */
  public EpochStore() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  EpochStore(Database database) {
    this.database = database;
  }

  /** The outcome of beginning an epoch. */
  public sealed interface BeginOutcome {
    /** The epoch is now the space's key generation, and its rewrap is in progress. */
    record Begun() implements BeginOutcome {}

    /**
     * The epoch is not the next one, or a rewrap is in progress.
     *
     * @param keyGeneration the key generation of the space
     * @param rewrapEpoch the epoch whose rewrap is in progress, if any
     */
    record Conflict(int keyGeneration, @Nullable Integer rewrapEpoch) implements BeginOutcome {}
  }

  /**
   * Begins an epoch if it is the next one and no rewrap is in progress.
   *
   * @param raiseMinimum whether DEKs of earlier epochs are refused from now on
   */
  public Entry<BeginOutcome> begin(Access access, int epoch, boolean raiseMinimum) {
    return access.run(
        database,
        "begin epoch",
        connection -> {
          try (PreparedStatement begin = database.statement(connection, BEGIN)) {
            access.bind(begin, 1);
            begin.setInt(4, epoch);
            begin.setBoolean(5, raiseMinimum);
            try (ResultSet row = begin.executeQuery()) {
              row.next();
              return Entry.of(row, EpochStore::begun);
            }
          }
        });
  }

  private static BeginOutcome begun(String code, ResultSet row) throws SQLException {
    return switch (code) {
      case "begun" -> new BeginOutcome.Begun();
      case "conflict" -> new BeginOutcome.Conflict(row.getInt(2), row.getObject(3, Integer.class));
      default -> throw new IllegalStateException("begin_epoch answered " + code);
    };
  }

  /**
   * Completes an epoch: its rewrap is done.
   *
   * @return false if it is not the one in progress, and is not complete already
   */
  public Entry<Boolean> complete(Access access, int epoch) {
    return access.run(
        database,
        "complete epoch",
        connection -> {
          try (PreparedStatement complete = database.statement(connection, COMPLETE)) {
            access.bind(complete, 1);
            complete.setInt(4, epoch);
            try (ResultSet row = complete.executeQuery()) {
              row.next();
              return Entry.of(row, (code, completed) -> code.equals("completed"));
            }
          }
        });
  }
}
