package dev.betterbase.sync.presence;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Presences;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;

/** {@code presence.clear} (methods.md): ends the caller's presence in a space, by its id. */
@ApplicationScoped
public class PresenceClearHandler implements NotificationHandler<String> {
  @Inject private Presences presences;

  @Override
  public Set<String> methods() {
    return Set.of("presence.clear");
  }

  @Override
  public String read(CborReader reader) {
    String space = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        default -> reader.skip();
      }
    }
    if (space == null) {
      throw new Failure.InvalidParams();
    }
    return space;
  }

  @Override
  public void handle(Connection connection, String space) {
    presences.clear(connection, SpaceId.require(space));
  }
}
