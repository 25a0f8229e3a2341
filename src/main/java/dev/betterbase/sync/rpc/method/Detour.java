package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.protocol.Params;
import java.util.Optional;

/**
 * Takes the requests of members whose space lives on another server, before a handler of this one
 * sees them: so no feature has to know where a space lives.
 */
public interface Detour {

  /** What became of a request that was taken. */
  sealed interface Taken {
    record Answered(Answer answer) implements Taken {}

    record Streamed(ChunkStream stream) implements Taken {}
  }

  /**
   * Takes a request, or leaves it to its handler.
   *
   * @param connection a member's
   * @return empty where it is no other server's
   * @throws dev.betterbase.sync.protocol.Failure answered as an error
   */
  Optional<Taken> take(Connection connection, String method, Params params);
}
