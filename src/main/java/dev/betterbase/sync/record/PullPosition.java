package dev.betterbase.sync.record;

import java.util.Objects;
import java.util.UUID;

/**
 * The progress of a pull: everything up to and including this place has been read, in the order
 * (cursor; records, members, files; id or chain_seq). PostgreSQL compares ids as unsigned bytes,
 * which {@link UUID} does not, so positions come only from {@link #since} and from a {@link
 * PullBatch}.
 */
public final class PullPosition {
  private static final UUID LAST_ID = new UUID(-1, -1);
  private static final int LAST_SEQ = Integer.MAX_VALUE;
  private static final long GUESSED_BYTES = 1024;

  // For each kind of row, the last key that was read: (cursor, id or chain_seq).
  final long recordCursor;
  final UUID recordId;
  final long memberCursor;
  final int memberSeq;
  final long fileCursor;
  final UUID fileId;

  /** The mean size, in bytes, of the rows of the batch that ended here; a guess at first. */
  final long meanBytes;

  private PullPosition(
      long recordCursor,
      UUID recordId,
      long memberCursor,
      int memberSeq,
      long fileCursor,
      UUID fileId,
      long meanBytes) {
    this.recordCursor = recordCursor;
    this.recordId = Objects.requireNonNull(recordId);
    this.memberCursor = memberCursor;
    this.memberSeq = memberSeq;
    this.fileCursor = fileCursor;
    this.fileId = Objects.requireNonNull(fileId);
    this.meanBytes = meanBytes;
  }

  /** After everything whose cursor is at most this one; a negative cursor counts as 0. */
  public static PullPosition since(long cursor) {
    long from = Math.max(cursor, 0);
    return new PullPosition(from, LAST_ID, from, LAST_SEQ, from, LAST_ID, GUESSED_BYTES);
  }

  // Members and files of the same cursor are still to come, so theirs is the end of the cursor
  // before.
  static PullPosition afterRecord(long cursor, UUID id) {
    return new PullPosition(cursor, id, cursor - 1, LAST_SEQ, cursor - 1, LAST_ID, GUESSED_BYTES);
  }

  static PullPosition afterMember(long cursor, int chainSeq) {
    return new PullPosition(cursor, LAST_ID, cursor, chainSeq, cursor - 1, LAST_ID, GUESSED_BYTES);
  }

  static PullPosition afterFile(long cursor, UUID id) {
    return new PullPosition(cursor, LAST_ID, cursor, LAST_SEQ, cursor, id, GUESSED_BYTES);
  }

  PullPosition withMeanBytes(long bytes) {
    return new PullPosition(
        recordCursor, recordId, memberCursor, memberSeq, fileCursor, fileId, bytes);
  }
}
