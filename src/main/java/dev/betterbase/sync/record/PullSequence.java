package dev.betterbase.sync.record;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.rpc.method.ChunkSource;
import dev.betterbase.sync.rpc.method.ChunkStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * A pull of which some spaces live elsewhere: sources that are read one after the other, in the
 * order of the request.
 */
final class PullSequence implements ChunkStream {
  private final List<ChunkSource> sources;
  private int reading;

  PullSequence(List<ChunkSource> sources) {
    this.sources = List.copyOf(sources);
  }

  @Override
  public CompletionStage<?> ready() {
    return reading < sources.size()
        ? sources.get(reading).ready()
        : CompletableFuture.completedFuture(null);
  }

  @Override
  public boolean next(Chunks chunks, int bytes) {
    if (reading < sources.size() && !sources.get(reading).next(chunks, bytes)) {
      reading++;
    }
    return reading < sources.size();
  }

  /** Includes the sources that were read: some of their chunks may still wait for the client. */
  @Override
  public boolean restsOn(Predicate<Capability> ended) {
    return sources.stream().anyMatch(source -> source.restsOn(ended));
  }

  @Override
  public Body result(int chunks) {
    return PullStream.ended(chunks);
  }

  @Override
  public void close() {
    sources.forEach(ChunkSource::close);
  }
}
