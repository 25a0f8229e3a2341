package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.PeerAuthentication;
import dev.betterbase.sync.federation.trust.Peers;

/**
 * Authenticates the handshake of a peer by its signature (federation.md, Being called). An earlier
 * filter checks the sub-protocol. It is mapped to the path of the peer WebSocket only.
 */
public class PeerHandshakeFilter extends PeerFilter {
  @Override
  boolean isThere() {
    return true;
  }

  @Override
  PeerAuthentication authentication(Peers trusted) {
    return trusted.handshakes();
  }
}
