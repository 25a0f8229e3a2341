package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.protocol.Body;

/**
 * The answer to a request.
 *
 * @param result what is written as the result
 * @param afterwards run once the result stands in the outbound queue: what must not reach others
 *     before the caller has its answer
 */
public record Reply(Body result, Runnable afterwards) implements Answer {

  /** An answer with nothing to do behind it. */
  public static Reply of(Body result) {
    return new Reply(result, () -> {});
  }

  /** The same answer, with something to do behind it. */
  public Reply then(Runnable task) {
    return new Reply(result, task);
  }
}
