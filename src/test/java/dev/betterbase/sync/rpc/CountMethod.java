package dev.betterbase.sync.rpc;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.StreamHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A stream with the requested number of batches and of chunks in each. */
final class CountMethod implements StreamHandler<Integer> {

  final AtomicInteger open = new AtomicInteger();

  /** The bytes that each batch was asked for. */
  final List<Integer> asked = new ArrayList<>();

  int chunkBytes = 10;
  int chunksPerBatch = 3;
  int breakAt = Integer.MAX_VALUE;

  /** The capability by which the reader may read. */
  Optional<Capability> capability = Optional.empty();

  @Override
  public Set<String> methods() {
    return Set.of("count");
  }

  @Override
  public String invalidParams() {
    return "invalid count params";
  }

  @Override
  public Integer read(CborReader reader) {
    int batches = 0;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "batches" -> batches = reader.int32();
        default -> reader.skip();
      }
    }
    return batches;
  }

  @Override
  public ChunkStream open(Connection connection, Integer batches) {
    open.incrementAndGet();
    return new ChunkStream() {
      private int batch;
      private boolean closed;

      @Override
      public boolean next(Chunks chunks, int bytes) {
        asked.add(bytes);
        if (batch == breakAt) {
          throw new IllegalStateException("the stream broke");
        }
        for (int i = 0; i < chunksPerBatch; i++) {
          chunks.add("n", data -> data.bytes(new byte[chunkBytes]));
        }
        return ++batch < batches;
      }

      @Override
      public boolean restsOn(Predicate<Capability> ended) {
        return capability.filter(ended).isPresent();
      }

      @Override
      public Body result(int chunks) {
        return writer -> writer.beginMap(1).field("_chunks", chunks).endMap();
      }

      @Override
      public void close() {
        if (!closed) {
          closed = true;
          open.decrementAndGet();
        }
      }
    };
  }
}
