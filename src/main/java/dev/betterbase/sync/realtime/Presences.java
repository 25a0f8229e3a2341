package dev.betterbase.sync.realtime;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Connection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Presence and events of all spaces (methods.md, Presence and events). Nothing is stored: each node
 * knows the subscribers present through its own connections, and is told of the others.
 */
@ApplicationScoped
public class Presences {
  private final Pseudonyms pseudonyms = Pseudonyms.random();
  private final LongSupplier nanoTime;

  private final DistantPresences elsewhere = new DistantPresences();

  @Inject private Subscriptions subscriptions;
  @Inject private Bus bus;

  /** For the container, which fills in the subscriptions. */
  public Presences() {
    this.nanoTime = System::nanoTime;
  }

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  Presences(Subscriptions subscriptions, Bus bus, LongSupplier nanoTime) {
    this.subscriptions = subscriptions;
    this.bus = bus;
    this.nanoTime = nanoTime;
  }

  /**
   * Shows the presence of a connection to the other subscribers. Does nothing if the connection is
   * not subscribed itself, or too many are present.
   *
   * @param data the data that the connection shows, bounded by the caller; must not be changed
   */
  public void set(Connection connection, SpaceId space, byte[] data) {
    subscriptions
        .channel(space)
        .filter(channel -> channel.has(connection))
        .ifPresent(
            channel -> {
              var peer = new Presence(pseudonyms.of(connection.id(), space), data);
              if (channel
                  .attendance()
                  .set(connection, peer, elsewhere.count(space), nanoTime.getAsLong())) {
                publish(space, peer);
                channel.tell(SpaceMessages.presence(space, peer), connection);
                if (!channel.has(connection)) {
                  // The subscription ended meanwhile. Its end did not see this presence, or told
                  // other nodes of it too early.
                  clear(connection, channel);
                  bus.publish(new BusMessage.Absent(space, peer.pseudonym()));
                }
              }
            });
  }

  /** Ends the presence of a connection, if it is present. */
  public void clear(Connection connection, SpaceId space) {
    subscriptions.channel(space).ifPresent(channel -> clear(connection, channel));
  }

  private void clear(Connection connection, SpaceChannel channel) {
    channel.attendance().clear(connection).ifPresent(peer -> tellGone(channel, peer, connection));
  }

  private void tellGone(SpaceChannel channel, String peer, Connection connection) {
    bus.publish(new BusMessage.Absent(channel.space(), peer));
    channel.tell(SpaceMessages.leave(channel.space(), peer), connection);
  }

  private void publish(SpaceId space, Presence peer) {
    if (bus.hasOthers()) {
      bus.publish(new BusMessage.Present(bus.self(), space, peer.pseudonym(), peer.data()));
    }
  }

  /** Ends every presence that was not renewed for this long. */
  public void clearOlderThan(Duration age) {
    long now = nanoTime.getAsLong();
    for (SpaceChannel channel : subscriptions.channels()) {
      channel
          .attendance()
          .clearOlderThan(age.toNanos(), now)
          .forEach((connection, peer) -> tellGone(channel, peer, connection));
    }
    tellGone(elsewhere.clearOlderThan(age.toNanos(), now));
  }

  /** Everyone who is present in a space, through any node, except this connection. */
  public List<Presence> others(Connection connection, SpaceId space) {
    return subscriptions
        .channel(space)
        .map(
            channel ->
                Stream.concat(
                        channel.attendance().others(connection).stream(),
                        elsewhere.of(space).stream())
                    .toList())
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
            channel -> {
              String peer = pseudonyms.of(connection.id(), space);
              if (bus.hasOthers()) {
                bus.publish(new BusMessage.Event(space, peer, data));
              }
              channel.tell(SpaceMessages.event(space, peer, data), connection);
            });
  }

  /** A connection of another node is present, or still is. */
  void setElsewhere(UUID node, SpaceId space, Presence peer) {
    if (elsewhere.set(node, space, peer, nanoTime.getAsLong())) {
      tell(space, SpaceMessages.presence(space, peer));
    }
  }

  /** A connection of another node is present no longer. */
  void clearElsewhere(SpaceId space, String peer) {
    if (elsewhere.clear(space, peer)) {
      tell(space, SpaceMessages.leave(space, peer));
    }
  }

  /** Another node is gone, so nobody is present through it any more. */
  void clearThoseOf(UUID node) {
    tellGone(elsewhere.clearThoseOf(node));
  }

  private void tellGone(List<DistantPresences.Gone> gone) {
    gone.forEach(each -> tell(each.space(), SpaceMessages.leave(each.space(), each.peer())));
  }

  /** A connection of another node sends an event. */
  void eventElsewhere(SpaceId space, String peer, byte[] data) {
    tell(space, SpaceMessages.event(space, peer, data));
  }

  private void tell(SpaceId space, Message message) {
    subscriptions.channel(space).ifPresent(channel -> channel.tell(message, null));
  }

  /** Tells other nodes of all who are present here, for one that has just joined. */
  void republish() {
    for (SpaceChannel channel : subscriptions.channels()) {
      channel.attendance().all().forEach(peer -> publish(channel.space(), peer));
    }
  }
}
