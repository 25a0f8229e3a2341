package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.PeerQuota;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.PeerPrincipal;
import dev.betterbase.sync.rpc.RpcConnection;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import dev.betterbase.sync.security.SecurityLog;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.security.Principal;
import org.jspecify.annotations.Nullable;

/** Accepts the connections of peers, within their quota (federation.md, Being called). */
@ApplicationScoped
public class PeerConnections {
  @Inject private RpcServer server;
  @Inject private Peers peers;
  @Inject private SecurityLog security;

  /**
   * Accepts a connection after its handshake.
   *
   * @param principal the peer that {@link PeerHandshakeFilter} authenticated
   */
  public TransportListener accept(TransportConnection transport, @Nullable Principal principal) {
    if (!(principal instanceof PeerPrincipal(String peer))) {
      throw new IllegalStateException("the handshake was not authenticated");
    }
    PeerQuota quota = peers.quota(peer);
    boolean taken = quota.takeConnection();
    RpcConnection connection = server.accept(transport, new Caller.Peer(peer));
    if (taken) {
      connection.onEnd(quota::giveBackConnection);
      if (peers.isPaused(peer)) {
        // It was paused during the handshake.
        connection.closeInOrder(Close.BY_OPERATOR);
      }
    } else {
      security.limitReached(Close.TOO_MANY_PEER_CONNECTIONS.reason(), "peer " + peer);
      connection.closeInOrder(Close.TOO_MANY_PEER_CONNECTIONS);
    }
    return connection;
  }
}
