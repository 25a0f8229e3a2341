package dev.betterbase.sync.rpc.method;

/**
 * A method with one reply.
 *
 * @param <P> its params
 */
public interface RequestHandler<P> extends RpcHandler<P> {

  /** The message of the error {@code invalid_params}. */
  String invalidParams();

  /**
   * Carries out the request. Runs on the connection's thread: the requests behind it wait.
   *
   * @param connection the connection of the caller
   * @param params the params of the call
   * @return the result, with the task to run once it is on its way; or the promise of it
   * @throws dev.betterbase.sync.protocol.Failure answered as an error
   */
  Answer handle(Connection connection, P params);
}
