package dev.betterbase.sync.presence;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rate.TokenBucket;
import dev.betterbase.sync.rate.TokenBuckets;
import dev.betterbase.sync.realtime.Presences;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.ConnectionLocal;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;

/**
 * {@code presence.set} (methods.md): shows or renews the caller's presence in a space. It may be
 * used as often as {@code event.send} in the long run. A client that has just connected sets its
 * presence in all of its spaces at once.
 */
@ApplicationScoped
public class PresenceSetHandler implements NotificationHandler<SpaceData> {
  private static final int DATA_AT_MOST = 1_024;

  /** The most at once: as many as one call subscribes to. */
  private static final int BURST = 1_000;

  @Inject private Presences presences;

  private final ConnectionLocal<TokenBucket> rates =
      new ConnectionLocal<>(
          () -> new TokenBucket(EventSendHandler.PER_SECOND, BURST, System::nanoTime));

  private final TokenBuckets<Object> people =
      new TokenBuckets<>(
          EventSendHandler.PER_SECOND * EventSendHandler.CONNECTIONS_OF_PERSON,
          BURST * EventSendHandler.CONNECTIONS_OF_PERSON,
          System::nanoTime);

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
    if (params.data().length <= DATA_AT_MOST
        && rates.of(connection).permits()
        && people.permits(connection.caller().party())) {
      presences.set(connection, SpaceId.require(params.space()), params.data());
    }
  }
}
