package dev.betterbase.sync.rpc.method;

import java.util.concurrent.CompletionStage;

/** What a handler gives for a request: the reply, or the promise of one. */
public sealed interface Answer permits Reply, Answer.Later {

  /**
   * A reply that depends on another server. No thread waits for it, and no further request of the
   * connection is read before it is there.
   *
   * @param reply complete within seconds; fails with a {@link dev.betterbase.sync.protocol.Failure}
   *     that is answered as an error
   */
  record Later(CompletionStage<Reply> reply) implements Answer {}
}
