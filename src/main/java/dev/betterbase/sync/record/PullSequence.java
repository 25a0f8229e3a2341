package dev.betterbase.sync.record;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.rpc.method.ChunkStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * A pull of which some spaces live elsewhere: streams that are read one after the other, in the
 * order of the request.
 */
final class PullSequence implements ChunkStream {
  private final List<ChunkStream> streams;
  private int reading;

  PullSequence(List<ChunkStream> streams) {
    this.streams = List.copyOf(streams);
  }

  @Override
  public CompletionStage<?> ready() {
    return reading < streams.size()
        ? streams.get(reading).ready()
        : CompletableFuture.completedFuture(null);
  }

  @Override
  public boolean next(Chunks chunks, int bytes) {
    if (reading < streams.size() && !streams.get(reading).next(chunks, bytes)) {
      reading++;
    }
    return reading < streams.size();
  }

  /** Also of streams that were read: some of their chunks may still wait for the client. */
  @Override
  public boolean restsOn(Predicate<Capability> ended) {
    return streams.stream().anyMatch(stream -> stream.restsOn(ended));
  }

  @Override
  public Body result(int chunks) {
    return PullStream.ended(chunks);
  }

  @Override
  public void close() {
    streams.forEach(ChunkStream::close);
  }
}
