package dev.betterbase.sync.presence;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rate.RecentCount;
import dev.betterbase.sync.rate.TokenBuckets;
import dev.betterbase.sync.realtime.Presences;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.ConnectionLocal;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Set;

/**
 * {@code event.send} (methods.md): sends a message to the other connections that are subscribed to
 * the space now.
 */
@ApplicationScoped
public class EventSendHandler implements NotificationHandler<SpaceData> {
  private static final int DATA_AT_MOST = 4_096;

  /** The most events of one connection in a second. */
  static final int PER_SECOND = 50;

  /** One person may send as much as this many connections, through however many. */
  static final int CONNECTIONS_OF_PERSON = 10;

  @Inject private Presences presences;

  private final ConnectionLocal<RecentCount> counts =
      new ConnectionLocal<>(() -> new RecentCount(Duration.ofSeconds(1), System::nanoTime));

  private final TokenBuckets<Object> people =
      new TokenBuckets<>(
          PER_SECOND * CONNECTIONS_OF_PERSON, PER_SECOND * CONNECTIONS_OF_PERSON, System::nanoTime);

  @Override
  public Set<String> methods() {
    return Set.of("event.send");
  }

  @Override
  public SpaceData read(CborReader reader) {
    return SpaceData.read(reader);
  }

  @Override
  public void handle(Connection connection, SpaceData params) {
    SpaceId space = SpaceId.require(params.space());
    if (params.data().length <= DATA_AT_MOST
        && counts.of(connection).permits(PER_SECOND)
        && people.permits(connection.caller().party())) {
      presences.sendEvent(connection, space, params.data());
    }
  }
}
