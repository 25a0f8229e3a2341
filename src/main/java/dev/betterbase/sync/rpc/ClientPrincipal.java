package dev.betterbase.sync.rpc;

import dev.betterbase.sync.address.ClientAddress;
import java.security.Principal;

/**
 * The client in a handshake, of whom only the address is known yet. A principal is what every
 * WebSocket container hands over from the handshake to the connection.
 */
public record ClientPrincipal(ClientAddress address) implements Principal {
  @Override
  public String getName() {
    return address.toString();
  }
}
