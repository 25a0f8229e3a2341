package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.protocol.Body;

/** All chunks of one answer, and the result that closes it. */
public interface ChunkStream extends ChunkSource {

  /**
   * The closing result.
   *
   * @param chunks the number of chunks sent
   */
  Body result(int chunks);
}
