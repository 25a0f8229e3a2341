package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.rpc.method.ChunkStream;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** A stream of one space that comes from a home server as a whole, as {@code deks.get} does. */
record HomeChunks(HomeStream stream, Capability capability) implements ChunkStream {
  @Override
  public CompletionStage<?> ready() {
    return stream.ready();
  }

  @Override
  public boolean next(Chunks chunks, int bytes) {
    return stream.drain(chunks, bytes);
  }

  @Override
  public boolean restsOn(Predicate<Capability> ended) {
    return ended.test(capability);
  }

  /** The home server's own. */
  @Override
  public Body result(int chunks) {
    return stream.result();
  }

  @Override
  public void close() {
    stream.close();
  }
}
