package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request.
 *
 * @param result the result, as it is written
 * @param afterwards run once the result is in the outbound queue, for effects that must not reach
 *     others before the caller has its answer
 * @param refusal the error that the result tells of, so that metrics can count it; null if the
 *     request was done
 */
public record Reply(Body result, Runnable afterwards, @Nullable ErrorCode refusal)
    implements Answer {

  /** An answer with nothing to do behind it. */
  public static Reply of(Body result) {
    return new Reply(result, () -> {}, null);
  }

  /** A result that says in its own way that the request was refused. */
  public static Reply refused(ErrorCode code, Body result) {
    return new Reply(result, () -> {}, code);
  }

  /** The same answer, with something to do behind it. */
  public Reply then(Runnable task) {
    return new Reply(result, task, refusal);
  }
}
