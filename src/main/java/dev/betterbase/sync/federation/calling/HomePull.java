package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.record.HomeRecords.RemoteSpace;
import dev.betterbase.sync.record.PullHandler;
import dev.betterbase.sync.rpc.method.ChunkSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A pull at one home server, separated into its spaces. The home sends them in the order in which
 * they were asked for, and may leave some out; between {@code pull.begin} and {@code pull.commit}
 * all chunks are of one space.
 */
final class HomePull {
  /** The chunks of the home server, as they come. */
  interface Source {
    /** The next chunk; null if none has come. */
    ChunkSpool.@Nullable Chunk poll();

    /**
     * Whether the call has ended and all chunks were taken.
     *
     * @throws Failure if it has failed and all chunks were taken
     */
    boolean isOver();

    /** Completes when a chunk has come, or the end is known. */
    CompletionStage<Void> ready();

    /** Drops what has come. */
    void close();
  }

  private final Source stream;
  private final List<SpaceId> asked;
  private final List<ChunkSource> spaces;

  /** The chunk that was read last, while it is not known to which space it belongs. */
  private ChunkSpool.@Nullable Chunk next;

  /** Whether anything was passed on to the member. */
  private boolean begun;

  HomePull(Source stream, List<RemoteSpace> wanted) {
    this.stream = stream;
    this.asked = wanted.stream().map(RemoteSpace::id).toList();
    this.spaces =
        IntStream.range(0, wanted.size())
            .<ChunkSource>mapToObj(place -> new OneSpace(place, wanted.get(place).capability()))
            .toList();
  }

  /** The chunks of each space. They are read one after the other. */
  List<ChunkSource> spaces() {
    return spaces;
  }

  /** The space that the data of a chunk names; null if it names none. */
  static @Nullable SpaceId space(CborReader data) {
    data.beginMap();
    for (String key; (key = data.nextKey()) != null; ) {
      if (key.equals("space")) {
        return SpaceId.parse(data.text()).orElse(null);
      }
      data.skip();
    }
    return null;
  }

  private ChunkSpool.@Nullable Chunk peek() {
    if (next == null) {
      next = stream.poll();
    }
    return next;
  }

  /**
   * Whether the call has ended.
   *
   * @throws Failure if it failed after something was passed on; if nothing was, the home is skipped
   */
  private boolean isOver() {
    try {
      return stream.isOver();
    } catch (Failure failure) {
      if (begun) {
        throw failure;
      }
      return true;
    }
  }

  /** The chunks of one space that the home sends. */
  private final class OneSpace implements ChunkSource {
    private final int place;
    private final Capability capability;
    private boolean open;
    private boolean committed;

    OneSpace(int place, Capability capability) {
      this.place = place;
      this.capability = capability;
    }

    @Override
    public CompletionStage<?> ready() {
      return stream.ready();
    }

    @Override
    public boolean next(Chunks chunks, int bytes) {
      long taken = 0;
      while (taken < bytes) {
        ChunkSpool.Chunk chunk = peek();
        if (chunk == null) {
          return !isDone();
        }
        if (!isOfThisSpace(chunk)) {
          return false;
        }
        next = null;
        begun = true;
        taken += chunk.data().length;
        chunks.add(chunk.name(), new Encoded(chunk.data()));
        open = !chunk.name().equals(PullHandler.PULL_COMMIT);
        committed = !open;
        if (committed && place < asked.size() - 1) {
          return false;
        }
      }
      return true;
    }

    /** Whether nothing follows, now that all chunks that have come were taken. */
    private boolean isDone() {
      boolean over = isOver();
      if (over && open) {
        throw new Failure.Internal("internal");
      }
      return over;
    }

    /**
     * Whether a chunk is of this space. If not, the home has left this one out.
     *
     * @throws Failure.Internal if it belongs nowhere
     */
    private boolean isOfThisSpace(ChunkSpool.Chunk chunk) {
      SpaceId space = space(new Encoded(chunk.data()).reader());
      boolean first = chunk.name().equals(PullHandler.PULL_BEGIN);
      if (asked.get(place).equals(space) && !committed && first != open) {
        return true;
      }
      boolean ofALaterSpace = first && asked.subList(place + 1, asked.size()).contains(space);
      if (open || !ofALaterSpace) {
        throw new Failure.Internal("internal");
      }
      return false;
    }

    @Override
    public boolean restsOn(Predicate<Capability> ended) {
      return ended.test(capability);
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
