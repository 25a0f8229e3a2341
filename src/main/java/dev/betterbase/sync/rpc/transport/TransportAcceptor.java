package dev.betterbase.sync.rpc.transport;

/** Takes the connections that a transport opens. */
public interface TransportAcceptor {

  /**
   * A handshake was completed.
   *
   * @param connection the new connection
   * @return who hears of what comes in on it
   */
  TransportListener opened(TransportConnection connection);
}
