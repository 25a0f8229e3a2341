package dev.betterbase.sync.rpc.method;

/**
 * A method without a reply. A notification that cannot be decoded is dropped without a word.
 *
 * @param <P> its params
 */
public interface NotificationHandler<P> extends RpcHandler<P> {

  /**
   * Handles the notification, on the connection's thread.
   *
   * @param connection the connection of the caller
   * @param params the params of the notification
   */
  void handle(Connection connection, P params);
}
