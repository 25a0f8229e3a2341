package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.Replicas;
import dev.betterbase.sync.storage.SpaceElsewhereException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the later batches of a pull from a read replica. Each pull begins on the primary, which
 * says how far the pull goes. A replica that has not replayed all of that is not used, and the
 * primary decides before every batch whether the reader may still enter the space.
 */
@ApplicationScoped
public class ReplicaReader {
  /** Most pulls are smaller than this, and end with what the primary sends first. */
  private static final int FIRST_BYTES = 64 * 1024;

  private static final int BEHIND = -3;

  private static final String MARK = "select code, timeline, written from pull_mark(?, ?, ?)";

  private static final String BATCH =
      "select "
          + PullReader.COLUMNS
          + " from replica_batch(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  @Inject private Database primary;
  @Inject private Replicas replicas;

  /** For the container. */
  public ReplicaReader() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  ReplicaReader(Database primary, Replicas replicas) {
    this.primary = primary;
    this.replicas = replicas;
  }

  /** The point that a replica must have replayed to continue the pull of one space. */
  static final class Mark {
    private @Nullable Place place;
  }

  /** A place in the write-ahead log of the primary. */
  private record Place(int timeline, long written) {}

  /** The number of bytes of a pull that the primary is to send first, at most this many. */
  int firstBytes(Access access, int maxBytes) {
    return areUsable(access) ? Math.min(maxBytes, FIRST_BYTES) : maxBytes;
  }

  /** Of several databases, only the first has replicas. */
  private boolean areUsable(Access access) {
    return replicas.areUsable() && access.in(primary).isFirst();
  }

  /**
   * The same as {@link PullReader#nextBatch}, from a replica.
   *
   * @param mark the same for all batches of a space in one pull
   * @return empty if no replica can continue this pull now; the sink then received nothing
   * @throws Failure.Forbidden if the reader may no longer enter the space
   * @throws dev.betterbase.sync.storage.StorageException if the primary fails
   */
  Optional<PullBatch> nextBatch(
      Mark mark,
      Access access,
      PullPosition after,
      long upTo,
      boolean firstSync,
      int maxBytes,
      PullSink sink) {
    if (!areUsable(access)) {
      return Optional.empty();
    }
    Place place;
    try {
      place = place(mark, access);
    } catch (SpaceElsewhereException moved) {
      return Optional.empty();
    }
    int maxRows = PullReader.maxRows(after, maxBytes);
    return replicas.run(
        "pull",
        (connection, replica) -> {
          try (PreparedStatement select = replica.statement(connection, BATCH)) {
            select.setInt(1, place.timeline());
            select.setLong(2, place.written());
            select.setObject(3, access.space().value());
            PullReader.bindBatch(select, upTo, firstSync, after, maxRows, maxBytes);
            try (ResultSet rows = select.executeQuery()) {
              boolean onRow = rows.next();
              return onRow && rows.getInt(1) == BEHIND
                  ? Optional.empty()
                  : Optional.of(PullReader.hand(rows, onRow, after, maxRows, maxBytes, sink));
            }
          }
        });
  }

  /**
   * The place that the first mark of this pull named. After a failover it means nothing to the new
   * primary, so the pull then goes on from a new one.
   */
  private Place place(Mark mark, Access access) {
    Place now =
        primary.run(
            "pull, before a replica",
            connection -> {
              try (PreparedStatement select = primary.statement(connection, MARK)) {
                access.bind(select, 1);
                try (ResultSet row = select.executeQuery()) {
                  row.next();
                  if (row.getString(1) != null) {
                    throw new Failure.Forbidden();
                  }
                  return new Place(row.getInt(2), row.getLong(3));
                }
              }
            });
    Place first = mark.place;
    if (first != null && first.timeline() == now.timeline()) {
      return first;
    }
    mark.place = now;
    return now;
  }
}
