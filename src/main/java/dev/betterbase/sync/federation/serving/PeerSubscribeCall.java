package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.federation.trust.SubscribeToken;
import dev.betterbase.sync.federation.trust.SubscribeTokens;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.membership.RevocationStore;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Subscription;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.RootKeys;
import dev.betterbase.sync.space.SignatureBound;
import dev.betterbase.sync.space.Space;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceStore;
import dev.betterbase.sync.space.SubscribeParams.Wanted;
import dev.betterbase.sync.space.SubscribeResult;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.StorageException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One {@code subscribe} call of a peer. As for a client, each subscription begins before the
 * space's cursor and its revocations are read, and delivers only once the reply is on its way. So
 * nothing falls between the cursor and the first notification.
 */
final class PeerSubscribeCall {
  private static final FailureLog LOG = new FailureLog(PeerSubscribeCall.class);

  private final List<Wanted> wanted;
  private final Connection connection;
  private final String peer;
  private final Stores stores;
  private final Subscriptions subscriptions;
  private final PeerSpaces counted;
  private final SubscribeTokens tokens;

  private final SubscribeResult result;
  private final SignatureBound signatures = new SignatureBound();
  private final List<Pending> pending = new ArrayList<>();
  private final List<Delivery> deliveries = new ArrayList<>();

  /** The stores that the call reads. */
  record Stores(
      SpaceAccess access, SpaceStore spaces, RootKeys rootKeys, RevocationStore revocations) {}

  /** The proof that authorises the subscription, before revocations are checked. */
  private sealed interface Proof {
    record ByUcan(Access access, Capability capability) implements Proof {}

    record ByToken(SubscribeToken token) implements Proof {}
  }

  private record Accepted(int index, SpaceId space, Proof proof) {}

  private record Pending(Accepted accepted, Subscription subscription) {}

  /** A subscription that delivers once the reply is on its way. */
  private record Delivery(SpaceId space, Subscription subscription, long cursor) {}

  PeerSubscribeCall(
      List<Wanted> wanted,
      Connection connection,
      Stores stores,
      Subscriptions subscriptions,
      PeerSpaces counted,
      SubscribeTokens tokens) {
    this.wanted = wanted;
    this.result = new SubscribeResult(wanted.stream().map(Wanted::id).toList());
    this.connection = connection;
    this.peer = PeerSpaces.peer(connection);
    this.stores = stores;
    this.subscriptions = subscriptions;
    this.counted = counted;
    this.tokens = tokens;
  }

  /**
   * Subscribes to all spaces that the peer may subscribe to, and builds the reply.
   *
   * @throws dev.betterbase.sync.protocol.Failure.RateLimited if the peer's quota has no room for
   *     all of them; nothing is changed then
   */
  Body subscribe() {
    List<Accepted> accepted = accept();
    Set<SpaceId> added = counted.take(connection, accepted.stream().map(Accepted::space).toList());
    for (Accepted each : accepted) {
      subscriptions
          .begin(connection, each.space(), wanted.get(each.index()).id(), capability(each.proof()))
          .ifPresentOrElse(
              subscription -> pending.add(new Pending(each, subscription)),
              () -> result.refuse(each.index(), ErrorCode.RATE_LIMITED));
    }
    try {
      resolve();
    } catch (StorageException e) {
      LOG.failed("subscribe of a peer", e, LogContext.of(connection, "subscribe"));
      pending.forEach(each -> giveUp(each, ErrorCode.INTERNAL));
    }
    var unused = new HashSet<>(added);
    deliveries.forEach(each -> unused.remove(each.space()));
    counted.giveBack(connection, unused);
    return result.body();
  }

  /** Begins to deliver. Call it once the reply is on its way. */
  void activate() {
    deliveries.forEach(each -> each.subscription().activate(each.cursor()));
  }

  private static @Nullable Capability capability(Proof proof) {
    return proof instanceof Proof.ByUcan(Access access, Capability capability) ? capability : null;
  }

  private List<Accepted> accept() {
    var ids = new TreeMap<Integer, SpaceId>();
    for (int i = 0; i < wanted.size(); i++) {
      SpaceId id = SpaceId.parse(wanted.get(i).id()).orElse(null);
      if (id == null || (wanted.get(i).ucan() == null && wanted.get(i).token() == null)) {
        result.refuse(i, ErrorCode.BAD_REQUEST);
      } else {
        ids.put(i, id);
      }
    }
    var accepted = new ArrayList<Accepted>();
    Map<SpaceId, RootKeys.Found> found;
    try {
      found = stores.rootKeys().findAll(new HashSet<>(ids.values()));
    } catch (StorageException e) {
      LOG.failed("subscribe of a peer", e, LogContext.of(connection, "subscribe"));
      ids.keySet().forEach(index -> result.refuse(index, ErrorCode.INTERNAL));
      return accepted;
    }
    ids.forEach(
        (index, id) -> {
          RootKeys.Found space = found.get(id);
          boolean known = space != null && space.kind() == RootKeys.Kind.SHARED;
          if (space != null && space.kind() == RootKeys.Kind.AWAY) {
            result.refuse(index, ErrorCode.INTERNAL);
          } else if (space != null && space.home().isPresent()) {
            result.refuse(index, ErrorCode.FORBIDDEN);
          } else if (wanted.get(index).ucan() != null) {
            acceptUcan(index, id, known, wanted.get(index).ucan(), accepted);
          } else {
            acceptToken(index, id, known, String.valueOf(wanted.get(index).token()), accepted);
          }
        });
    return accepted;
  }

  private void acceptUcan(
      int index, SpaceId id, boolean known, @Nullable String ucan, List<Accepted> accepted) {
    if (!known) {
      result.refuse(index, ErrorCode.NOT_FOUND);
      return;
    }
    var request = new SpaceAccess.Request(id, ucan, SpaceAction.SUBSCRIBE);
    SpaceAccess.Claim claim =
        stores.access().claims(connection.caller(), List.of(request)).getFirst();
    if (claim instanceof SpaceAccess.Claim.Away) {
      result.refuse(index, ErrorCode.INTERNAL);
      return;
    }
    if (!signatures.permits(claim)) {
      result.refuse(index, ErrorCode.RATE_LIMITED);
      return;
    }
    Access access = stores.access().settle(claim).granted().orElse(null);
    if (access == null || access.capability().isEmpty()) {
      result.refuse(index, ErrorCode.FORBIDDEN);
    } else {
      accepted.add(new Accepted(index, id, new Proof.ByUcan(access, access.capability().get())));
    }
  }

  private void acceptToken(
      int index, SpaceId id, boolean known, String text, List<Accepted> accepted) {
    SubscribeToken token = tokens.verify(text, id, peer).orElse(null);
    if (token == null) {
      result.refuse(index, ErrorCode.FORBIDDEN);
    } else if (known) {
      accepted.add(new Accepted(index, id, new Proof.ByToken(token)));
    } else {
      // The space existed, or the token would not: the answer is that nothing is left of it.
      result.grant(
          index,
          new SubscribeResult.State(0, 0, OptionalInt.empty()),
          tokens.issue(id, peer, token.expires()));
    }
  }

  /**
   * Reads the spaces and checks for revocations; cancels the subscriptions that turn out to be
   * refused.
   */
  private void resolve() {
    var ways = new ArrayList<Access>();
    var byToken = new HashSet<SpaceId>();
    for (Pending each : pending) {
      switch (each.accepted().proof()) {
        case Proof.ByUcan(Access access, Capability unused) -> ways.add(access);
        case Proof.ByToken unused -> byToken.add(each.accepted().space());
      }
    }
    var opened =
        (ways.isEmpty() ? List.<Entry<Space>>of() : stores.spaces().openAll(ways)).iterator();
    SpaceStore.Many<Instant> revoked =
        byToken.isEmpty() ? SpaceStore.Many.none() : stores.revocations().latest(byToken);
    SpaceStore.Many<Space> read =
        byToken.isEmpty() ? SpaceStore.Many.none() : stores.spaces().findAll(byToken);
    for (Pending each : pending) {
      SpaceId id = each.accepted().space();
      switch (each.accepted().proof()) {
        case Proof.ByUcan(Access access, Capability capability) -> {
          switch (opened.next()) {
            case Entry.Entered<Space>(Space space) ->
                grant(each, space, capability.expiresAt().getEpochSecond());
            case Entry.Away<Space> unused -> giveUp(each, ErrorCode.INTERNAL);
            case Entry.NotFound<Space> unused -> giveUp(each, ErrorCode.FORBIDDEN);
            case Entry.Forbidden<Space> unused -> giveUp(each, ErrorCode.FORBIDDEN);
          }
        }
        case Proof.ByToken(SubscribeToken token) -> {
          Space space = read.found().get(id);
          if (read.away().contains(id) || revoked.away().contains(id)) {
            giveUp(each, ErrorCode.INTERNAL);
          } else if (space != null && !isOutlived(token, revoked.found().get(id))) {
            grant(each, space, token.expires());
          } else {
            giveUp(each, ErrorCode.FORBIDDEN);
          }
        }
      }
    }
  }

  /**
   * Whether something was revoked since the token was issued; a revocation in the same second
   * counts.
   */
  private static boolean isOutlived(SubscribeToken token, @Nullable Instant revoked) {
    return revoked != null && token.issuedAt() <= revoked.getEpochSecond();
  }

  private void grant(Pending each, Space space, long basisExpires) {
    result.grant(
        each.accepted().index(),
        SubscribeResult.State.of(space),
        tokens.issue(space.id(), peer, basisExpires));
    deliveries.add(new Delivery(space.id(), each.subscription(), space.cursor()));
  }

  private void giveUp(Pending each, ErrorCode why) {
    result.refuse(each.accepted().index(), why);
    subscriptions.cancel(connection, each.accepted().space(), each.subscription());
  }
}
