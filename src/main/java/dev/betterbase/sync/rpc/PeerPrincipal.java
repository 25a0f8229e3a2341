package dev.betterbase.sync.rpc;

import java.security.Principal;

/**
 * The peer that a handshake was authenticated for.
 *
 * @param domain without port
 */
public record PeerPrincipal(String domain) implements Principal {
  @Override
  public String getName() {
    return domain;
  }
}
