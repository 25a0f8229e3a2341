package dev.betterbase.sync.presence;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Presences;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;

/** {@code presence.set} (methods.md): shows or renews the caller's presence in a space. */
@ApplicationScoped
public class PresenceSetHandler implements NotificationHandler<SpaceData> {
  private static final int DATA_AT_MOST = 1_024;

  @Inject private Presences presences;

  @Override
  public Set<String> methods() {
    return Set.of("presence.set");
  }

  @Override
  public SpaceData read(CborReader reader) {
    return SpaceData.read(reader);
  }

  @Override
  public void handle(Connection connection, SpaceData params) {
    if (params.data().length <= DATA_AT_MOST) {
      presences.set(connection, SpaceId.require(params.space()), params.data());
    }
  }
}
