package dev.betterbase.sync.realtime;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Connection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Presence and events of all spaces on this node (methods.md, Presence and events). Nothing is
 * stored.
 */
@ApplicationScoped
public class Presences {
  private final Pseudonyms pseudonyms = Pseudonyms.random();
  private final LongSupplier nanoTime;

  @Inject private Subscriptions subscriptions;

  /** For the container, which fills in the subscriptions. */
  public Presences() {
    this.nanoTime = System::nanoTime;
  }

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  Presences(Subscriptions subscriptions, LongSupplier nanoTime) {
    this.subscriptions = subscriptions;
    this.nanoTime = nanoTime;
  }

  /**
   * Shows the presence of a connection to the other subscribers. Does nothing if the connection is
   * not subscribed itself, or too many are present.
   *
   * @param data what the connection shows, bounded by the caller; must not be changed
   */
  public void set(Connection connection, SpaceId space, byte[] data) {
    subscriptions
        .channel(space)
        .filter(channel -> channel.has(connection))
        .ifPresent(
            channel -> {
              var peer = new Presence(pseudonyms.of(connection.id(), space), data);
              if (channel.attendance().set(connection, peer, nanoTime.getAsLong())) {
                channel.tell(SpaceMessages.presence(space, peer), connection);
                if (!channel.has(connection)) {
                  // The subscription ended meanwhile, and its end did not see this presence.
                  clear(connection, channel);
                }
              }
            });
  }

  /** Ends the presence of a connection, if it is present. */
  public void clear(Connection connection, SpaceId space) {
    subscriptions.channel(space).ifPresent(channel -> clear(connection, channel));
  }

  private static void clear(Connection connection, SpaceChannel channel) {
    channel
        .attendance()
        .clear(connection)
        .ifPresent(peer -> channel.tell(SpaceMessages.leave(channel.space(), peer), connection));
  }

  /** Ends every presence that was not renewed for this long. */
  public void clearOlderThan(Duration age) {
    long now = nanoTime.getAsLong();
    for (SpaceChannel channel : subscriptions.channels()) {
      channel
          .attendance()
          .clearOlderThan(age.toNanos(), now)
          .forEach(
              (connection, peer) ->
                  channel.tell(SpaceMessages.leave(channel.space(), peer), connection));
    }
  }

  /** Everyone who is present in a space, except this connection. */
  public List<Presence> others(Connection connection, SpaceId space) {
    return subscriptions
        .channel(space)
        .map(channel -> channel.attendance().others(connection))
        .orElse(List.of());
  }

  /** Tells one connection who is present. */
  public void show(Connection connection, SpaceId space, Presence peer) {
    subscriptions
        .channel(space)
        .flatMap(channel -> channel.subscription(connection))
        .ifPresent(
            subscription -> {
              subscription.tell(SpaceMessages.presence(space, peer));
              subscription.connection().flush();
            });
  }

  /**
   * Sends an event to the other subscribers. Does nothing if the sender is not subscribed itself.
   *
   * @param data bounded by the caller
   */
  public void sendEvent(Connection connection, SpaceId space, byte[] data) {
    subscriptions
        .channel(space)
        .filter(channel -> channel.has(connection))
        .ifPresent(
            channel ->
                channel.tell(
                    SpaceMessages.event(space, pseudonyms.of(connection.id(), space), data),
                    connection));
  }
}
