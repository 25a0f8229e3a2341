package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.ServerFrame;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.ChunkStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * A {@code pull} of which some spaces live elsewhere: those of this server first, then home by
 * home. All homes are asked at once. One that cannot be reached is skipped, unless it broke off in
 * the middle: then the pull ends in an error, as one of this server would.
 */
final class HomePull implements ChunkStream {
  private static final Set<String> CHUNKS =
      Set.of("pull.begin", "pull.record", "pull.membership", "pull.file", "pull.commit");

  private final ChunkStream here;
  private final List<HomeStream> all;
  private final ArrayDeque<HomeStream> homes;
  private final List<Capability> capabilities;
  private boolean hereIsDone;
  private boolean begun;

  /**
   * @param here the spaces of this server
   * @param capabilities by what those of others are read
   */
  HomePull(ChunkStream here, List<HomeStream> homes, List<Capability> capabilities) {
    this.here = here;
    this.all = List.copyOf(homes);
    this.homes = new ArrayDeque<>(homes);
    this.capabilities = List.copyOf(capabilities);
  }

  /** Whether a chunk is of a pull, and of one of these spaces. */
  static Predicate<ServerFrame.Chunk> of(Set<SpaceId> spaces) {
    return chunk ->
        CHUNKS.contains(chunk.name()) && spaces.contains(SpaceId.parse(space(chunk)).orElse(null));
  }

  private static String space(ServerFrame.Chunk chunk) {
    String space = "";
    CborReader reader = chunk.data().reader();
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      if (key.equals("space")) {
        space = reader.text();
      } else {
        reader.skip();
      }
    }
    return space;
  }

  @Override
  public CompletionStage<?> ready() {
    HomeStream next = homes.peek();
    return hereIsDone && next != null ? next.ready() : CompletableFuture.completedFuture(null);
  }

  @Override
  public boolean next(Chunks chunks, int bytes) {
    if (!hereIsDone) {
      hereIsDone = !here.next(chunks, bytes);
      return !hereIsDone || !homes.isEmpty();
    }
    HomeStream home = homes.peek();
    if (home == null) {
      return false;
    }
    try {
      boolean more =
          home.drain(
              (name, data) -> {
                begun = true;
                chunks.add(name, data);
              },
              bytes);
      if (more) {
        return true;
      }
    } catch (Failure failure) {
      if (begun) {
        throw failure;
      }
    }
    homes.remove();
    begun = false;
    return !homes.isEmpty();
  }

  @Override
  public boolean restsOn(Predicate<Capability> ended) {
    return here.restsOn(ended) || capabilities.stream().anyMatch(ended);
  }

  @Override
  public Body result(int chunks) {
    return here.result(chunks);
  }

  @Override
  public void close() {
    here.close();
    all.forEach(HomeStream::close);
  }
}
