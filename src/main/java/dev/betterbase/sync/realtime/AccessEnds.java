package dev.betterbase.sync.realtime;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.SpaceMessages.Reason;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.method.Connection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Ends everything that rests on a revoked capability: subscriptions, presence, and running streams
 * (methods.md, membership.revoke).
 */
@ApplicationScoped
public class AccessEnds {
  /** The time for which a revocation is remembered here, longer than anyone asks for it again. */
  private static final Duration REMEMBERED = Duration.ofHours(1);

  private static final int REMEMBERED_AT_MOST = 100_000;

  private record Told(SpaceId space, String cid) {}

  private final Cache<Told, Boolean> toldHere =
      Caffeine.newBuilder()
          .expireAfterWrite(REMEMBERED)
          .maximumSize(REMEMBERED_AT_MOST)
          .executor(Runnable::run)
          .build();

  @Inject private Subscriptions subscriptions;
  @Inject private RpcServer server;
  @Inject private Bus bus;

  /** For the container. */
  public AccessEnds() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  AccessEnds(Subscriptions subscriptions, RpcServer server, Bus bus) {
    this.subscriptions = subscriptions;
    this.server = server;
    this.bus = bus;
  }

  /**
   * A UCAN was revoked. The subscribers whose access rests on it are told and see nothing more.
   * Then all other subscribers are told, on all nodes.
   *
   * @param cid the revoked CID; the revocation is committed
   * @param except the connection that revoked it and gets a reply
   */
  public void revoked(SpaceId space, String cid, @Nullable Connection except) {
    bus.publish(new BusMessage.Revoked(space, cid));
    end(space, cid, except);
  }

  private void end(SpaceId space, String cid, @Nullable Connection except) {
    toldHere.put(new Told(space, cid), true);
    Predicate<Capability> over =
        capability -> capability.space().equals(space) && capability.restsOn(cid);
    server.endStreamsIf(over);
    subscriptions
        .channel(space)
        .ifPresent(
            channel -> {
              // The access of a peer that showed a token rests on UCANs that are unknown here: it
              // comes back with those of its members.
              endIf(channel, each -> each.isByToken() || each.restsOn(over), Reason.UCAN_REVOKED);
              channel.tell(SpaceMessages.revoked(space, Reason.UCAN_REVOKED), except);
            });
  }

  /** Does the same, once, for a revocation that may have happened on another node. */
  public void revokedElsewhere(SpaceId space, String cid) {
    if (toldHere.getIfPresent(new Told(space, cid)) == null) {
      end(space, cid, null);
    }
  }

  /**
   * A UCAN was revoked at the home server of a space. All subscribers are told, and none is ended
   * here: the home server decides who goes on.
   *
   * @param except the connection that revoked it and gets a reply
   */
  public void revokedAtHome(SpaceId space, @Nullable Connection except) {
    subscriptions
        .channel(space)
        .ifPresent(
            channel -> channel.tell(SpaceMessages.revoked(space, Reason.UCAN_REVOKED), except));
  }

  /** The home server of a space refuses a member. The member is told and sees nothing more. */
  public void refusedAtHome(SpaceId space, Connection connection) {
    connection.endStreamsIf(capability -> capability.space().equals(space));
    subscriptions
        .channel(space)
        .flatMap(channel -> channel.subscription(connection))
        .ifPresent(each -> subscriptions.expel(each, Reason.UCAN_REVOKED));
  }

  /**
   * An administrator has deleted a space. Its subscribers are told that their access is over, and
   * see nothing more. Their next requests are answered from the database.
   */
  public void deleted(SpaceId space) {
    server.endStreamsIf(capability -> capability.space().equals(space));
    subscriptions
        .channel(space)
        .ifPresent(
            channel -> {
              channel.restart();
              endIf(channel, each -> true, Reason.UCAN_REVOKED);
            });
  }

  /** Ends the subscriptions and streams whose capability is over. */
  public void endExpired(Instant now) {
    Predicate<Capability> over = capability -> capability.isExpired(now);
    server.endStreamsIf(over);
    for (SpaceChannel channel : subscriptions.channels()) {
      endIf(channel, each -> each.restsOn(over), Reason.UCAN_EXPIRED);
    }
  }

  private void endIf(SpaceChannel channel, Predicate<Subscription> over, Reason reason) {
    for (Subscription current : channel.subscriptions()) {
      // A pending subscription may still give its place back to the one that it was to replace.
      for (Subscription each = current; each != null; each = each.replaced()) {
        if (over.test(each)) {
          subscriptions.expel(each, reason);
        }
      }
    }
  }

  /** The spaces in which this node has a subscription that a revocation could end. */
  public Set<SpaceId> sharedSpaces() {
    var shared = new HashSet<SpaceId>();
    for (SpaceChannel channel : subscriptions.channels()) {
      if (channel.subscriptions().stream()
          .anyMatch(each -> each.isByToken() || each.capability().isPresent())) {
        shared.add(channel.space());
      }
    }
    return shared;
  }
}
