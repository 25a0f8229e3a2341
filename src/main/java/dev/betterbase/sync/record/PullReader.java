package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.space.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

/**
 * Reads what a pull sends, batch by batch. No EJB: a stream belongs in no bounded pool of instances
 * and in no transaction.
 */
@ApplicationScoped
public class PullReader {
  /**
   * What a row counts for beside its blob, DEK and hashes, in bytes: about what the rest of its
   * chunk takes on the wire.
   */
  private static final int ROW_BYTES = 128;

  private static final int RECORD = 0;
  private static final int MEMBER = 1;
  private static final int FILE = 2;

  // Each branch reads its index in order from where the last batch ended, and no more rows than a
  // batch can have. Blobs that are stored out of line stay there until a row is sent, so that what
  // is read beyond the bound in bytes costs little.
  private static final String BATCH =
      """
      select kind, cursor, id, chain_seq, content, wrapped_dek, hash, prev_hash, record_id, size,
             deleted, bytes
        from (
          select branch.*,
                 sum(bytes) over (order by cursor, kind, id, chain_seq rows unbounded preceding)
                   - bytes as bytes_before
            from (
              (select 0 as kind, cursor, id, null::int as chain_seq, blob as content, wrapped_dek,
                      null::bytea as hash, null::bytea as prev_hash, null::uuid as record_id,
                      null::bigint as size, deleted,
                      ? + coalesce(length(blob), 0) + coalesce(length(wrapped_dek), 0) as bytes
                 from records
                where space_id = ? and (cursor, id) > (?, ?) and cursor <= ?
                  and not (deleted and ?)
                order by cursor, id
                limit ?)
              union all
              (select 1, cursor, null, chain_seq, payload, null,
                      entry_hash, prev_hash, null,
                      null, false,
                      ? + length(payload) + length(entry_hash)
                 from members
                where space_id = ? and (cursor, chain_seq) > (?, ?) and cursor <= ?
                order by cursor, chain_seq
                limit ?)
              union all
              (select 2, cursor, id, null, null, wrapped_dek,
                      null, null, record_id,
                      size, deleted,
                      ? + length(wrapped_dek)
                 from files
                where space_id = ? and (cursor, id) > (?, ?) and cursor <= ?
                  and not (deleted and ?)
                order by cursor, id
                limit ?)
            ) as branch
        ) as batch
       where bytes_before < ?
       order by cursor, kind, id, chain_seq
       limit ?
      """;

  @Inject private Database database;

  /** For the container. */
  public PullReader() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  PullReader(Database database) {
    this.database = database;
  }

  /**
   * Hands the next rows of a space to the sink, in the order of {@link PullPosition}. The
   * connection is given back before this returns.
   *
   * @param after where the step before ended
   * @param upTo the cursor that {@code pull.begin} named: what was written later is left to the
   *     next pull
   * @param firstSync leaves tombstones out
   * @param maxBytes ends the batch with the row that reaches this many bytes (of blobs, DEKs and
   *     entries, and some for each row), so that it holds less than this and one row more
   * @throws dev.betterbase.sync.space.StorageException where the database failed; rows may have
   *     gone to the sink before
   */
  public PullBatch nextBatch(
      SpaceId space,
      PullPosition after,
      long upTo,
      boolean firstSync,
      int maxBytes,
      PullSink sink) {
    int limit = Math.max(1, maxBytes / ROW_BYTES);
    return database.run(
        "pull",
        connection -> {
          try (PreparedStatement select = Database.prepare(connection, BATCH)) {
            bind(select, space, after, upTo, firstSync, limit, maxBytes);
            try (ResultSet rows = select.executeQuery()) {
              return hand(rows, after, limit, maxBytes, sink);
            }
          }
        });
  }

  private static void bind(
      PreparedStatement select,
      SpaceId space,
      PullPosition after,
      long upTo,
      boolean firstSync,
      int limit,
      int maxBytes)
      throws SQLException {
    int i = 0;
    select.setInt(++i, ROW_BYTES);
    select.setObject(++i, space.value());
    select.setLong(++i, after.recordCursor);
    select.setObject(++i, after.recordId);
    select.setLong(++i, upTo);
    select.setBoolean(++i, firstSync);
    select.setInt(++i, limit);

    select.setInt(++i, ROW_BYTES);
    select.setObject(++i, space.value());
    select.setLong(++i, after.memberCursor);
    select.setInt(++i, after.memberSeq);
    select.setLong(++i, upTo);
    select.setInt(++i, limit);

    select.setInt(++i, ROW_BYTES);
    select.setObject(++i, space.value());
    select.setLong(++i, after.fileCursor);
    select.setObject(++i, after.fileId);
    select.setLong(++i, upTo);
    select.setBoolean(++i, firstSync);
    select.setInt(++i, limit);

    select.setInt(++i, maxBytes);
    select.setInt(++i, limit);
  }

  private static PullBatch hand(
      ResultSet rows, PullPosition after, int limit, int maxBytes, PullSink sink)
      throws SQLException {
    PullPosition next = after;
    int count = 0;
    long bytes = 0;
    while (rows.next()) {
      next = handRow(rows, sink);
      count++;
      bytes += rows.getLong(12);
    }
    return new PullBatch(next, count, count < limit && bytes < maxBytes);
  }

  private static PullPosition handRow(ResultSet row, PullSink sink) throws SQLException {
    int kind = row.getInt(1);
    long cursor = row.getLong(2);
    switch (kind) {
      case RECORD -> {
        UUID id = row.getObject(3, UUID.class);
        sink.record(new RecordId(id), row.getBytes(5), cursor, row.getBytes(6), row.getBoolean(11));
        return PullPosition.afterRecord(cursor, id);
      }
      case MEMBER -> {
        int chainSeq = row.getInt(4);
        sink.membership(cursor, chainSeq, row.getBytes(8), row.getBytes(7), row.getBytes(5));
        return PullPosition.afterMember(cursor, chainSeq);
      }
      case FILE -> {
        UUID id = row.getObject(3, UUID.class);
        RecordId record = new RecordId(row.getObject(9, UUID.class));
        sink.file(id, record, row.getLong(10), row.getBytes(6), cursor, row.getBoolean(11));
        return PullPosition.afterFile(cursor, id);
      }
      default -> throw new IllegalStateException("a pull read a row of kind " + kind);
    }
  }
}
