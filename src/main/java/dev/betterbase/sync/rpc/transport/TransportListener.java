package dev.betterbase.sync.rpc.transport;

/**
 * What a transport tells of one connection. The calls of one connection come one after another,
 * except {@link #closed()}, which may come at any time.
 */
public interface TransportListener {

  /**
   * A whole binary message.
   *
   * @param message its bytes, which now belong to the listener
   */
  void binary(byte[] message);

  /** A text message came; what it said does not matter. */
  void text();

  /** A pong came: the peer lives. */
  void pong();

  /** The connection is gone, for whatever reason. Called at least once; the first call counts. */
  void closed();
}
