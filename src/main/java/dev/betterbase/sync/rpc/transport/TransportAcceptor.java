package dev.betterbase.sync.rpc.transport;

import java.security.Principal;
import org.jspecify.annotations.Nullable;

/** Takes the connections that a transport opens. */
public interface TransportAcceptor {

  /**
   * A handshake was completed.
   *
   * @param connection the new connection
   * @param principal the principal that a filter has authenticated; null if there is none
   * @return the listener of the connection
   */
  TransportListener opened(TransportConnection connection, @Nullable Principal principal);
}
