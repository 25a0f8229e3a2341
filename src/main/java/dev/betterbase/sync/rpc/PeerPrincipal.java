package dev.betterbase.sync.rpc;

import java.security.Principal;

/**
 * The peer that has authenticated itself in a handshake.
 *
 * @param domain without port
 */
public record PeerPrincipal(String domain) implements Principal {
  @Override
  public String getName() {
    return domain;
  }
}
