package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.rpc.method.Reply;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** The work of one request in its space. */
@FunctionalInterface
public interface SpaceTask {

  /**
   * Does it, in a space of this server.
   *
   * @throws dev.betterbase.sync.protocol.Failure if it cannot be done
   */
  Reply here(Access access);

  /**
   * Has the home server do it, in a space that lives there. A method overrides this if something is
   * to be done here as well, before or after.
   *
   * @param home sends the request as it came; its result fails with a {@link
   *     dev.betterbase.sync.protocol.Failure}
   */
  default CompletionStage<Reply> elsewhere(Access access, Supplier<CompletionStage<Encoded>> home) {
    return home.get().thenApply(Reply::of);
  }

  /**
   * Runs before a caller without access is told so. A failure that it throws is told instead.
   *
   * @throws dev.betterbase.sync.protocol.Failure if something else is wrong with the request
   */
  default void beforeRefusal() {}
}
