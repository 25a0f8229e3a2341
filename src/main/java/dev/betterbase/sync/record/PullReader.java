package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.ClientsAhead;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.storage.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Reads the rows of a pull, batch by batch. Not an EJB: a stream must not hold an instance of a
 * bounded pool, nor a transaction.
 */
@ApplicationScoped
public class PullReader {
  /**
   * The bytes that a row counts for in addition to its blob, DEK and hashes, in bytes: about the
   * size of the rest of its chunk on the wire.
   */
  private static final int ROW_BYTES = 128;

  private static final int NOT_FOUND = -2;
  private static final int REFUSED = -1;
  private static final int RECORD = 0;
  private static final int MEMBER = 1;
  private static final int FILE = 2;
  private static final int SPACE = 3;

  private static final int FEWEST_ROWS = 64;

  static final String COLUMNS =
      "kind, cursor, id, chain_seq, content, wrapped_dek, entry_hash, prev_hash, record_id, size,"
          + " deleted, bytes";

  private static final String BEGIN =
      "select "
          + COLUMNS
          + ", key_generation, rewrap_epoch from begin_pull(?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String BATCH =
      "select " + COLUMNS + " from pull_batch(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  @Inject private Database database;
  @Inject private ClientsAhead ahead;

  /** For the container. */
  public PullReader() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  PullReader(Database database) {
    this.database = database;
    this.ahead = new ClientsAhead();
  }

  /** The database of the space. */
  Database database(Access access) {
    return access.in(database);
  }

  /**
   * Passes a space and its first rows to the sink, in one round trip. The connection is returned to
   * the pool before this method returns.
   *
   * @param access the reader's access to the space; a personal space is created on first use
   * @param since only rows of higher cursors are read; at 0 or less, all but tombstones
   * @param maxBytes as with {@link #nextBatch}
   * @return empty if there is no such space or the reader may not enter it; the sink then received
   *     nothing
   * @throws dev.betterbase.sync.storage.StorageException if the database fails; the sink may have
   *     received rows by then
   */
  public Optional<PullBatch> firstBatch(Access access, long since, int maxBytes, PullSink sink) {
    PullPosition after = PullPosition.since(since);
    int maxRows = maxRows(after, maxBytes);
    return access.run(
        database,
        "pull",
        connection -> {
          try (PreparedStatement select = database.statement(connection, BEGIN)) {
            access.bind(select, 1);
            select.setLong(4, after.recordCursor);
            select.setBoolean(5, since <= 0);
            select.setInt(6, maxRows);
            select.setInt(7, maxBytes);
            select.setInt(8, ROW_BYTES);
            try (ResultSet rows = select.executeQuery()) {
              rows.next();
              return handSpace(rows, since, sink)
                  ? Optional.of(hand(rows, rows.next(), after, maxRows, maxBytes, sink))
                  : Optional.empty();
            }
          }
        });
  }

  private boolean handSpace(ResultSet row, long since, PullSink sink) throws SQLException {
    int kind = row.getInt(1);
    switch (kind) {
      case NOT_FOUND, REFUSED -> {
        return false;
      }
      case SPACE -> {
        long cursor = row.getLong(2);
        ahead.compare(since, cursor);
        int keyGeneration = row.getInt(13);
        int rewrapEpoch = row.getInt(14);
        sink.space(
            cursor,
            keyGeneration,
            row.wasNull() ? OptionalInt.empty() : OptionalInt.of(rewrapEpoch));
        return true;
      }
      default -> throw new IllegalStateException("a pull began with a row of kind " + kind);
    }
  }

  /**
   * Passes the next rows of a space to the sink, in the order of {@link PullPosition}. The
   * connection is returned to the pool before this method returns.
   *
   * @param access the reader's access; checked again for every batch
   * @param after the place at which the previous step ended
   * @param upTo the cursor that {@code pull.begin} named; later writes are left to the next pull
   * @param firstSync whether to leave out tombstones
   * @param maxBytes the batch ends with the row that reaches this many bytes (blobs, DEKs, entries,
   *     and a constant for each row), so a batch exceeds it by less than one row
   * @throws Failure.Forbidden if the reader may no longer enter the space
   * @throws dev.betterbase.sync.storage.StorageException if the database fails; the sink may have
   *     received rows by then
   */
  public PullBatch nextBatch(
      Access access,
      PullPosition after,
      long upTo,
      boolean firstSync,
      int maxBytes,
      PullSink sink) {
    int maxRows = maxRows(after, maxBytes);
    return access.run(
        database,
        "pull",
        connection -> {
          try (PreparedStatement select = database.statement(connection, BATCH)) {
            access.bind(select, 1);
            bindBatch(select, upTo, firstSync, after, maxRows, maxBytes);
            try (ResultSet rows = select.executeQuery()) {
              return hand(rows, rows.next(), after, maxRows, maxBytes, sink);
            }
          }
        });
  }

  /**
   * Binds the last eleven parameters of a statement for a batch, which are its fourth and so on.
   */
  static void bindBatch(
      PreparedStatement select,
      long upTo,
      boolean firstSync,
      PullPosition after,
      int maxRows,
      int maxBytes)
      throws SQLException {
    select.setLong(4, upTo);
    select.setBoolean(5, firstSync);
    select.setLong(6, after.recordCursor);
    select.setObject(7, after.recordId);
    select.setLong(8, after.memberCursor);
    select.setInt(9, after.memberSeq);
    select.setLong(10, after.fileCursor);
    select.setObject(11, after.fileId);
    select.setInt(12, maxRows);
    select.setInt(13, maxBytes);
    select.setInt(14, ROW_BYTES);
  }

  // The database reads this many rows before it knows which of them fit: a quarter more than would
  // fit if they were as large as the rows of the last batch (1 KiB for the first batch).
  static int maxRows(PullPosition after, int maxBytes) {
    long expected = maxBytes / Math.max(after.meanBytes, ROW_BYTES);
    return (int) Math.max(FEWEST_ROWS, expected + expected / 4);
  }

  /**
   * Hands the rows of a batch to the sink.
   *
   * @param onRow whether the result set stands on a row, which is the first
   */
  static PullBatch hand(
      ResultSet rows, boolean onRow, PullPosition after, int maxRows, int maxBytes, PullSink sink)
      throws SQLException {
    PullPosition next = after;
    int count = 0;
    long bytes = 0;
    for (boolean more = onRow; more; more = rows.next()) {
      next = handRow(rows, sink);
      count++;
      bytes += rows.getLong(12);
    }
    boolean complete = count < maxRows && bytes < maxBytes;
    return new PullBatch(count == 0 ? after : next.withMeanBytes(bytes / count), count, complete);
  }

  private static PullPosition handRow(ResultSet row, PullSink sink) throws SQLException {
    int kind = row.getInt(1);
    long cursor = row.getLong(2);
    switch (kind) {
      case REFUSED -> throw new Failure.Forbidden();
      case RECORD -> {
        UUID id = Database.uuid(row, 3);
        sink.record(new RecordId(id), row.getBytes(5), cursor, row.getBytes(6), row.getBoolean(11));
        return PullPosition.afterRecord(cursor, id);
      }
      case MEMBER -> {
        int chainSeq = row.getInt(4);
        sink.membership(
            cursor,
            new MembershipEntry(chainSeq, row.getBytes(8), row.getBytes(7), row.getBytes(5)));
        return PullPosition.afterMember(cursor, chainSeq);
      }
      case FILE -> {
        UUID id = Database.uuid(row, 3);
        RecordId record = new RecordId(Database.uuid(row, 9));
        sink.file(id, record, row.getLong(10), row.getBytes(6), cursor, row.getBoolean(11));
        return PullPosition.afterFile(cursor, id);
      }
      default -> throw new IllegalStateException("a pull read a row of kind " + kind);
    }
  }
}
