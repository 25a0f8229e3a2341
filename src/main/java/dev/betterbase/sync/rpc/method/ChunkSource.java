package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * Chunks of an answer, made batch by batch. Between two batches it holds neither a database
 * connection nor a thread. It is used by one thread at a time, except for {@link #restsOn}.
 */
public interface ChunkSource {

  /** Takes a batch. */
  interface Chunks {
    /**
     * Adds a chunk.
     *
     * @param name the chunk's name, such as {@code pull.record}
     * @param data the data of the chunk
     */
    void add(String name, Body data);
  }

  /**
   * Writes the next batch.
   *
   * @param chunks takes the chunks
   * @param bytes about the most that the batch may hold; a single chunk may be longer
   * @return whether more may follow
   * @throws RuntimeException if the source breaks: the call ends in an error
   */
  boolean next(Chunks chunks, int bytes);

  /**
   * Completes when there is something to write, or the source is at its end. The next batch is not
   * asked for before, so no thread waits for chunks that come from another server.
   */
  default CompletionStage<?> ready() {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Whether the reader may see these chunks only by a capability for which the condition holds. The
   * answer then ends when that capability does. Asked by any thread, at any time.
   */
  boolean restsOn(Predicate<Capability> ended);

  /** A source without chunks, which rests on nothing. */
  static ChunkSource empty() {
    return new ChunkSource() {
      @Override
      public boolean next(Chunks chunks, int bytes) {
        return false;
      }

      @Override
      public boolean restsOn(Predicate<Capability> ended) {
        return false;
      }
    };
  }

  /**
   * Gives back the resources of the source, whether it came to its end or not. Runs on any thread,
   * also while a batch is being made, and perhaps more than once.
   */
  default void close() {}
}
