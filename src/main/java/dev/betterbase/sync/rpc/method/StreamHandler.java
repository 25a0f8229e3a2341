package dev.betterbase.sync.rpc.method;

/**
 * A method that answers in chunks and a closing result.
 *
 * @param <P> its params
 */
public interface StreamHandler<P> extends RpcHandler<P> {

  /** The message of the error {@code invalid_params}. */
  String invalidParams();

  /**
   * Checks the request and begins, without producing anything yet.
   *
   * @param connection the connection of the caller
   * @param params the params of the call
   * @throws dev.betterbase.sync.protocol.Failure answered as an error
   */
  ChunkStream open(Connection connection, P params);
}
