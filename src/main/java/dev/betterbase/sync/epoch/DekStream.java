package dev.betterbase.sync.epoch;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborWriter;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The DEKs of a space as {@code deks.get} sends them: each in a chunk, and all of them again in the
 * closing result if that fits into a frame. Some clients read the chunks and others the result.
 *
 * <p>The stream reads up to the cursor at which it began. A later write has a higher cursor, and
 * its writer chose the DEK.
 */
final class DekStream implements ChunkStream {
  private static final int ROWS_AT_ONCE = 4_096;

  /** The approximate size of a chunk with one DEK. */
  private static final int CHUNK_BYTES = 256;

  /** The size of the closing result without its list, in a frame whose id has 1,024 bytes. */
  private static final int HEAD_BYTES = 2_048;

  /** The greatest size of a DEK in that list: an id, 44 bytes, a cursor, and their keys. */
  private static final int ENTRY_BYTES = 108;

  private static final int LISTED_AT_MOST =
      (FrameWriter.MAX_FRAME_BYTES - HEAD_BYTES) / ENTRY_BYTES;

  private final SpaceStore spaces;
  private final DekStore store;
  private final DekOwner owner;
  private final Access access;
  private final LongConsumer begun;
  private DekStore.Position position;
  private @Nullable Long upTo;

  /** The DEKs for the closing result; null once they no longer fit. */
  private @Nullable List<DekStore.Read> listed = new ArrayList<>();

  /**
   * @param begun receives the space's cursor when the reading begins
   */
  DekStream(
      SpaceStore spaces,
      DekStore store,
      DekOwner owner,
      Access access,
      long since,
      LongConsumer begun) {
    this.spaces = spaces;
    this.store = store;
    this.owner = owner;
    this.access = access;
    this.begun = begun;
    this.position = DekStore.Position.since(since);
  }

  @Override
  public boolean restsOn(Predicate<Capability> ended) {
    return access.restsOn(ended);
  }

  @Override
  public boolean next(Chunks chunks, int bytes) {
    if (upTo == null) {
      upTo = spaces.open(access).orFail().cursor();
      begun.accept(upTo);
    }
    int rows = Math.clamp(bytes / CHUNK_BYTES, 1, ROWS_AT_ONCE);
    List<DekStore.Read> batch = store.batch(access, owner, position, upTo, rows).orFail();
    for (DekStore.Read each : batch) {
      chunks.add(owner.chunk(), data -> write(data, each));
      position = new DekStore.Position(each.cursor(), each.id());
    }
    list(batch);
    return batch.size() == rows;
  }

  private void list(List<DekStore.Read> batch) {
    if (listed != null && listed.size() + batch.size() <= LISTED_AT_MOST) {
      listed.addAll(batch);
    } else {
      listed = null;
    }
  }

  @Override
  public Body result(int chunks) {
    List<DekStore.Read> all = listed;
    return writer -> {
      writer.beginMap(all == null ? 1 : 2);
      if (all != null) {
        writer.key("deks").beginList(all.size());
        all.forEach(each -> write(writer, each));
        writer.endList();
      }
      writer.field("_chunks", chunks).endMap();
    };
  }

  private void write(CborWriter writer, DekStore.Read each) {
    writer
        .beginMap(3)
        .field("id", each.id().toString())
        .field("dek", each.dek())
        .field(owner.cursorField(), each.cursor())
        .endMap();
  }
}
