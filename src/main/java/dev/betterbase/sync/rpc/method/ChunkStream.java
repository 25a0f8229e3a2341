package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * The chunks of one answer, made batch by batch. Between two batches it holds neither a database
 * connection nor a thread. Used by one thread at a time, but for {@link #restsOn}.
 */
public interface ChunkStream {

  /** Where a batch is written to. */
  interface Chunks {
    /**
     * Adds a chunk.
     *
     * @param name the chunk's name, such as {@code pull.record}
     * @param data what it holds
     */
    void add(String name, Body data);
  }

  /**
   * Writes the next batch.
   *
   * @param chunks where it goes
   * @param bytes what the batch may hold, about; a single chunk may be longer
   * @return whether more may follow
   * @throws RuntimeException where the stream breaks: the call ends in an error
   */
  boolean next(Chunks chunks, int bytes);

  /**
   * When there is something to be written, or the end. Nobody asks for the next batch before; where
   * what is written comes from elsewhere, no thread waits for it.
   */
  default CompletionStage<?> ready() {
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Whether the stream sends what its reader may see by one of these capabilities alone, so that it
   * has to end when they do. Asked by any thread, at any time.
   */
  boolean restsOn(Predicate<Capability> ended);

  /**
   * The closing result.
   *
   * @param chunks how many chunks were sent
   */
  Body result(int chunks);

  /**
   * Gives back what the stream holds: nobody reads any more, whether it came to its end or not. Run
   * on any thread, also while a batch is being made, and perhaps more than once.
   */
  default void close() {}
}
