package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import dev.betterbase.sync.space.UnsubscribeHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code unsubscribe} from a peer (federation.md): as a client's, and gives the spaces back to the
 * peer's quota.
 */
@ApplicationScoped
public class PeerUnsubscribeHandler implements NotificationHandler<UnsubscribeHandler.Params> {
  @Inject private Subscriptions subscriptions;
  @Inject private PeerSpaces counted;

  @Override
  public Set<String> methods() {
    return Set.of("unsubscribe");
  }

  @Override
  public Callers callers() {
    return Callers.PEERS;
  }

  @Override
  public UnsubscribeHandler.Params read(CborReader reader) {
    return UnsubscribeHandler.Params.read(reader);
  }

  @Override
  public void handle(Connection connection, UnsubscribeHandler.Params params) {
    List<SpaceId> ended =
        params.spaces().stream().map(SpaceId::parse).flatMap(Optional::stream).toList();
    ended.forEach(space -> subscriptions.end(connection, space));
    counted.giveBack(connection, ended);
  }
}
