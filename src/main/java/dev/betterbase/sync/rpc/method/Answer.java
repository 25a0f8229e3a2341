package dev.betterbase.sync.rpc.method;

import java.util.concurrent.CompletionStage;

/** The answer of a handler to a request: the reply, the promise of one, or a stream of chunks. */
public sealed interface Answer permits Reply, Answer.Later, Answer.Streamed {

  /**
   * A reply that depends on another server. No thread waits for it, and no further request of the
   * connection is read before it is there.
   *
   * @param reply complete within seconds; fails with a {@link dev.betterbase.sync.protocol.Failure}
   *     that is answered as an error
   */
  record Later(CompletionStage<Reply> reply) implements Answer {}

  /** Chunks and a closing result. */
  record Streamed(ChunkStream stream) implements Answer {}
}
