package dev.betterbase.sync.rpc.method;

/**
 * A method without a reply. What cannot be decoded is dropped without a word.
 *
 * @param <P> its params
 */
public interface NotificationHandler<P> extends RpcHandler<P> {

  /**
   * Does what was asked, on the connection's thread.
   *
   * @param connection who asks
   * @param params what is asked
   */
  void handle(Connection connection, P params);
}
