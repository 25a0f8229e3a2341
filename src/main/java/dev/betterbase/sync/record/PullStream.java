package dev.betterbase.sync.record;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of one pull. For each space: {@code pull.begin} with the cursor of that moment, all
 * rows up to it in batches by key, {@code pull.commit}.
 */
final class PullStream implements ChunkStream {

  /** About what a row takes on the wire without its blob and DEK: ids, keys and heads. */
  private static final int ROW_OVERHEAD_BYTES = 128;

  /**
   * A space to be pulled.
   *
   * @param access lets the caller read the space
   * @param wanted the spaces and cursors that the caller asked for
   */
  record Part(Access access, PullHandler.Wanted wanted) {}

  /** The space that is being pulled. */
  private static final class Current {
    private final Part part;
    private final long cursor;
    private final ReplicaReader.Mark mark = new ReplicaReader.Mark();
    private PullPosition position;
    private long rows;

    Current(Part part, long cursor) {
      this.part = part;
      this.cursor = cursor;
      this.position = PullPosition.since(part.wanted().since());
    }
  }

  private final PullReader reader;
  private final ReplicaReader replicas;
  private final ArrayDeque<Part> parts;

  /** The access to each space that has begun; some of their chunks may still be queued. */
  private final List<Access> begun = new CopyOnWriteArrayList<>();

  /** The databases that have failed, none of which is the first: their spaces are left out. */
  private final Set<Database> away = new HashSet<>();

  private @Nullable Current current;

  /**
   * The failure in which the call ends, once all other spaces are sent; null if nothing has failed.
   */
  private @Nullable RuntimeException failure;

  /**
   * @param failure the error of the call, for spaces that are not among the parts; null if there
   *     are none
   */
  PullStream(
      PullReader reader,
      ReplicaReader replicas,
      List<Part> parts,
      @Nullable RuntimeException failure) {
    this.reader = reader;
    this.replicas = replicas;
    this.parts = new ArrayDeque<>(parts);
    this.failure = failure;
  }

  @Override
  public boolean restsOn(Predicate<Capability> ended) {
    return begun.stream().anyMatch(access -> access.restsOn(ended));
  }

  @Override
  public boolean next(Chunks chunks, int bytes) {
    var batch = new Batch(chunks, bytes);
    while (batch.left() > 0) {
      Current now = current;
      if (now != null) {
        goOn(now, batch);
      } else if (!begin(batch)) {
        if (failure != null) {
          throw failure;
        }
        return false;
      }
    }
    return true;
  }

  @Override
  public Body result(int chunks) {
    return ended(chunks);
  }

  /** The closing result of a pull. */
  static Body ended(int chunks) {
    return writer -> writer.beginMap(1).field("_chunks", chunks).endMap();
  }

  /** Begins with the next space that can be read; false if all are done. */
  private boolean begin(Batch batch) {
    for (Part part = parts.poll(); part != null; part = parts.poll()) {
      // Before the database is asked: a revocation that it does not see yet still ends this stream.
      begun.add(part.access());
      Optional<PullBatch> first = first(part, batch);
      if (first.isPresent()) {
        Current now = new Current(part, batch.cursor);
        current = now;
        take(now, first.get(), batch);
        return true;
      }
      begun.remove(part.access());
    }
    return false;
  }

  /** The first batch of a space; empty if there is none, also because its database has failed. */
  private Optional<PullBatch> first(Part part, Batch batch) {
    Access access = part.access();
    Database in = reader.database(access);
    if (away.contains(in)) {
      return Optional.empty();
    }
    batch.begin(part.wanted());
    try {
      return reader.firstBatch(
          access, part.wanted().since(), replicas.firstBytes(access, batch.left()), batch);
    } catch (StorageException failed) {
      if (in.isFirst()) {
        throw failed;
      }
      away.add(in);
      failure = failed;
      return Optional.empty();
    }
  }

  private void goOn(Current now, Batch batch) {
    batch.begin(now.part.wanted());
    Access access = now.part.access();
    boolean firstSync = now.part.wanted().since() == 0;
    Optional<PullBatch> replicated =
        replicas.nextBatch(
            now.mark, access, now.position, now.cursor, firstSync, batch.left(), batch);
    take(
        now,
        replicated.orElseGet(
            () ->
                reader.nextBatch(access, now.position, now.cursor, firstSync, batch.left(), batch)),
        batch);
  }

  private void take(Current now, PullBatch pulled, Batch batch) {
    now.position = pulled.next();
    now.rows += pulled.rows();
    if (pulled.complete()) {
      batch.add(PullHandler.PULL_COMMIT, ending(now));
      current = null;
    }
  }

  private static Body ending(Current now) {
    return data ->
        data.beginMap(4)
            .field("space", now.part.wanted().spelling())
            .field("prev", now.part.wanted().since())
            .field("cursor", now.cursor)
            .field("count", now.rows)
            .endMap();
  }

  /** One batch on its way into frames; knows how much of it is left. */
  private static final class Batch implements PullSink {
    private final Chunks chunks;
    private final int bytes;
    private PullHandler.Wanted wanted = new PullHandler.Wanted("", 0, null);
    private long taken;

    /** The cursor of the space that began last. */
    private long cursor;

    Batch(Chunks chunks, int bytes) {
      this.chunks = chunks;
      this.bytes = bytes;
    }

    int left() {
      return (int) Math.max(bytes - taken, 0);
    }

    void add(String name, Body data) {
      taken += ROW_OVERHEAD_BYTES;
      chunks.add(name, data);
    }

    /** The rows that follow are of this space. */
    void begin(PullHandler.Wanted space) {
      wanted = space;
    }

    @Override
    public void space(long cursor, int keyGeneration, OptionalInt rewrapEpoch) {
      this.cursor = cursor;
      add(
          PullHandler.PULL_BEGIN,
          data -> {
            data.beginMap(rewrapEpoch.isPresent() ? 5 : 4)
                .field("space", wanted.spelling())
                .field("prev", wanted.since())
                .field("cursor", cursor)
                .field("key_generation", keyGeneration);
            rewrapEpoch.ifPresent(epoch -> data.field("rewrap_epoch", epoch));
            data.endMap();
          });
    }

    @Override
    public void record(
        RecordId id, byte @Nullable [] blob, long cursor, byte @Nullable [] dek, boolean deleted) {
      taken += length(blob) + length(dek);
      add(
          "pull.record",
          data -> {
            data.beginMap(1 + RecordFields.count(blob, dek, deleted))
                .field("space", wanted.spelling());
            RecordFields.writeFields(data, id, blob, cursor, dek, deleted);
            data.endMap();
          });
    }

    @Override
    public void membership(long cursor, MembershipEntry entry) {
      taken += entry.bytes();
      add(
          "pull.membership",
          data -> {
            data.beginMap(3)
                .field("space", wanted.spelling())
                .field("cursor", cursor)
                .key("entries")
                .beginList(1);
            entry.write(data);
            data.endList().endMap();
          });
    }

    @Override
    public void file(
        UUID id, RecordId record, long size, byte[] dek, long cursor, boolean deleted) {
      taken += length(dek);
      boolean hasSize = size != 0;
      boolean hasDek = dek.length != 0;
      add(
          "pull.file",
          data -> {
            data.beginMap(4 + (hasSize ? 1 : 0) + (hasDek ? 1 : 0) + (deleted ? 1 : 0))
                .field("space", wanted.spelling())
                .field("id", id.toString())
                .field("record_id", record.toString());
            if (hasSize) {
              data.field("size", size);
            }
            if (hasDek) {
              data.field("dek", dek);
            }
            data.field("cursor", cursor);
            if (deleted) {
              data.field("deleted", true);
            }
            data.endMap();
          });
    }

    private static int length(byte @Nullable [] bytes) {
      return bytes == null ? 0 : bytes.length;
    }
  }
}
