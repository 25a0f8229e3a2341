package dev.betterbase.sync.rpc.transport;

import java.security.Principal;
import org.jspecify.annotations.Nullable;

/** Takes the connections that a transport opens. */
public interface TransportAcceptor {

  /**
   * A handshake was completed.
   *
   * @param connection the new connection
   * @param principal whom a filter before the transport has authenticated, if it has anyone
   * @return who hears of what comes in on it
   */
  TransportListener opened(TransportConnection connection, @Nullable Principal principal);
}
