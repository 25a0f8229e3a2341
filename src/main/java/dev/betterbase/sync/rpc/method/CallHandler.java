package dev.betterbase.sync.rpc.method;

/**
 * A method that sees its request as it was sent, because another server may have to answer it.
 *
 * @param <P> its params
 */
public interface CallHandler<P> extends RpcHandler<P> {

  /** The message of the error {@code invalid_params}. */
  String invalidParams();

  /**
   * Carries out the request, or has another server do it. Runs on the connection's thread: the
   * requests behind it wait.
   *
   * @param connection the connection of the caller
   * @param call the call
   * @throws dev.betterbase.sync.protocol.Failure answered as an error
   */
  Answer answer(Connection connection, Call<P> call);
}
