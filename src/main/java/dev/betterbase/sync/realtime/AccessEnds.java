package dev.betterbase.sync.realtime;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
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
 * Ends what rests on a capability that is no more: subscriptions, presence, and the streams under
 * way (methods.md, membership.revoke).
 */
@ApplicationScoped
public class AccessEnds {
  /** How long it is remembered what was told here: longer than anybody asks for it again. */
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

  /** For the container. */
  public AccessEnds() {}

  @SuppressWarnings("UnnecessaryAssignment") // injected only where there is a container
  AccessEnds(Subscriptions subscriptions, RpcServer server) {
    this.subscriptions = subscriptions;
    this.server = server;
  }

  /**
   * A UCAN was revoked: who rests on it is told and sees nothing more; then all others are told.
   *
   * @param cid the CID that was revoked, which is committed
   * @param except who revoked it, and knows
   */
  public void revoked(SpaceId space, String cid, @Nullable Connection except) {
    toldHere.put(new Told(space, cid), true);
    Predicate<Capability> over =
        capability -> capability.space().equals(space) && capability.restsOn(cid);
    server.endStreamsIf(over);
    subscriptions
        .channel(space)
        .ifPresent(
            channel -> {
              // A peer that showed a token rests on UCANs that are not known here: it comes back
              // with those of its members.
              endIf(channel, each -> each.isByToken() || each.restsOn(over), Reason.UCAN_REVOKED);
              channel.tell(SpaceMessages.revoked(space, Reason.UCAN_REVOKED), except);
            });
  }

  /** The same for what may have been revoked on another node; done once. */
  public void revokedElsewhere(SpaceId space, String cid) {
    if (toldHere.getIfPresent(new Told(space, cid)) == null) {
      revoked(space, cid, null);
    }
  }

  /**
   * Something was revoked at the home server of a space: all are told, and none is ended. Who goes
   * on there is the home's to say.
   *
   * @param except who revoked it, and knows
   */
  public void revokedAtHome(SpaceId space, @Nullable Connection except) {
    subscriptions
        .channel(space)
        .ifPresent(
            channel -> channel.tell(SpaceMessages.revoked(space, Reason.UCAN_REVOKED), except));
  }

  /** The home server of a space refuses a member: it is told, and sees nothing more. */
  public void refusedAtHome(SpaceId space, Connection connection) {
    connection.endStreamsIf(capability -> capability.space().equals(space));
    subscriptions
        .channel(space)
        .flatMap(channel -> channel.subscription(connection))
        .ifPresent(each -> subscriptions.expel(each, Reason.UCAN_REVOKED));
  }

  /** Ends the subscriptions and streams whose capability is no longer good. */
  public void endExpired(Instant now) {
    Predicate<Capability> over = capability -> capability.isExpired(now);
    server.endStreamsIf(over);
    for (SpaceChannel channel : subscriptions.channels()) {
      endIf(channel, each -> each.restsOn(over), Reason.UCAN_EXPIRED);
    }
  }

  private void endIf(SpaceChannel channel, Predicate<Subscription> over, Reason reason) {
    for (Subscription current : channel.subscriptions()) {
      // One that is pending may yet give its place back to the one that it was to replace.
      for (Subscription each = current; each != null; each = each.replaced()) {
        if (over.test(each)) {
          subscriptions.expel(each, reason);
        }
      }
    }
  }

  /** The spaces in which a subscription of this node ends with a revocation. */
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
