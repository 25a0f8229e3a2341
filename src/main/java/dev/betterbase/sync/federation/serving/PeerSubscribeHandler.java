package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.membership.RevocationStore;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.RootKeys;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceStore;
import dev.betterbase.sync.space.SubscribeMethod;
import dev.betterbase.sync.space.SubscribeParams;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;

/**
 * {@code subscribe} from a peer (federation.md): authorised by a member's UCAN, or by a subscribe
 * token of this server.
 */
@ApplicationScoped
public class PeerSubscribeHandler extends SubscribeMethod {
  @Inject private SpaceAccess access;
  @Inject private SpaceStore spaces;
  @Inject private RootKeys rootKeys;
  @Inject private RevocationStore revocations;
  @Inject private Subscriptions subscriptions;
  @Inject private PeerSpaces counted;
  @Inject private Peers peers;

  @Override
  public Callers callers() {
    return Callers.PEERS;
  }

  @Override
  protected Reply subscribe(Connection connection, List<SubscribeParams.Wanted> wanted) {
    var call =
        new PeerSubscribeCall(
            wanted,
            connection,
            new PeerSubscribeCall.Stores(access, spaces, rootKeys, revocations),
            subscriptions,
            counted,
            peers.tokens());
    return Reply.of(call.subscribe()).then(call::activate);
  }
}
