package dev.betterbase.sync.space;

import dev.betterbase.sync.fault.FailureLog;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Presences;
import dev.betterbase.sync.realtime.Subscription;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.SpaceAccess.Claim;
import dev.betterbase.sync.storage.Entry;
import dev.betterbase.sync.storage.StorageException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One {@code subscribe}, from its first space to the moment when all that were granted deliver
 * (methods.md).
 *
 * <p>Each subscription is begun before the database is asked for its space's cursor and for
 * revocations, and delivers only once the reply is on its way: so a push that comes in between is
 * covered by the cursor or notified, and a revocation is seen or ends the subscription.
 */
final class SubscribeCall {
  private static final FailureLog LOG = new FailureLog(SubscribeCall.class);

  private final SpaceAccess access;
  private final SpaceStore spaces;
  private final Subscriptions subscriptions;
  private final Presences presences;
  private final HomeSubscriptions homes;
  private final Connection connection;

  /** Subscriptions that were granted, and deliver once the reply is on its way. */
  private final List<Pending> granted = new ArrayList<>();

  /** Spaces for whose peers the reply has no room. */
  private final List<SpaceId> shownLater = new ArrayList<>();

  /** A subscription that has begun. */
  private record Pending(int index, Access access, Subscription subscription, long cursor) {
    Pending at(long newCursor) {
      return new Pending(index, access, subscription, newCursor);
    }
  }

  SubscribeCall(
      SpaceAccess access,
      SpaceStore spaces,
      Subscriptions subscriptions,
      Presences presences,
      HomeSubscriptions homes,
      Connection connection) {
    this.access = access;
    this.spaces = spaces;
    this.subscriptions = subscriptions;
    this.presences = presences;
    this.homes = homes;
    this.connection = connection;
  }

  Answer subscribe(List<SubscribeParams.Wanted> wanted) {
    var result = new SubscribeResult(wanted.stream().map(SubscribeParams.Wanted::id).toList());
    var here = new ArrayList<Pending>();
    var elsewhere = new LinkedHashMap<String, List<Pending>>();
    for (Pending each : begin(wanted, result)) {
      each.access()
          .home()
          .ifPresentOrElse(
              home -> elsewhere.computeIfAbsent(home, first -> new ArrayList<>()).add(each),
              () -> here.add(each));
    }
    resolve(here, result);
    if (elsewhere.isEmpty()) {
      return reply(wanted, result);
    }
    var asked = new ArrayList<CompletableFuture<?>>();
    elsewhere.forEach((home, begun) -> asked.add(ask(home, begun, wanted, result)));
    return new Answer.Later(
        CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
            .thenApply(all -> reply(wanted, result)));
  }

  private CompletableFuture<?> ask(
      String home,
      List<Pending> begun,
      List<SubscribeParams.Wanted> wanted,
      SubscribeResult result) {
    List<HomeSubscriptions.Wanted> asked =
        begun.stream()
            .map(
                each -> {
                  SubscribeParams.Wanted space = wanted.get(each.index());
                  return new HomeSubscriptions.Wanted(
                      each.access().space(), space.since(), String.valueOf(space.ucan()));
                })
            .toList();
    return homes
        .subscribe(connection, home, asked)
        .thenAccept(
            outcomes -> {
              for (int i = 0; i < outcomes.size(); i++) {
                settle(begun.get(i), outcomes.get(i), result);
              }
            })
        .toCompletableFuture();
  }

  /** Two homes may answer at once. */
  private synchronized void settle(
      Pending each, HomeSubscriptions.Outcome outcome, SubscribeResult result) {
    switch (outcome) {
      case HomeSubscriptions.Outcome.Subscribed(SubscribeResult.State state) -> {
        result.grant(each.index(), state, null);
        granted.add(each.at(state.cursor()));
      }
      case HomeSubscriptions.Outcome.Refused(ErrorCode why) -> {
        result.refuse(each.index(), why);
        subscriptions.cancel(connection, each.access().space(), each.subscription());
      }
    }
  }

  private Reply reply(List<SubscribeParams.Wanted> wanted, SubscribeResult result) {
    for (Pending each : granted) {
      if (wanted.get(each.index()).presence()) {
        SpaceId space = each.access().space();
        if (!result.addPeers(each.index(), presences.others(connection, space))) {
          shownLater.add(space);
        }
      }
    }
    return Reply.of(result.body()).then(this::activate);
  }

  /** Begins to deliver, once the reply is on its way. */
  private void activate() {
    granted.forEach(each -> each.subscription().activate(each.cursor()));
    // Asked again: a peer that left meanwhile must not be shown after the notice that it left.
    for (SpaceId space : shownLater) {
      presences.others(connection, space).forEach(peer -> presences.show(connection, space, peer));
    }
  }

  /** Begins the subscriptions that the caller may have, as far as is known without the database. */
  private List<Pending> begin(List<SubscribeParams.Wanted> wanted, SubscribeResult result) {
    var indexes = new ArrayList<Integer>();
    var requests = new ArrayList<SpaceAccess.Request>();
    for (int i = 0; i < wanted.size(); i++) {
      Optional<SpaceId> id = SpaceId.parse(wanted.get(i).id());
      if (id.isPresent()) {
        indexes.add(i);
        requests.add(
            new SpaceAccess.Request(id.get(), wanted.get(i).ucan(), SpaceAction.SUBSCRIBE));
      } else {
        result.refuse(i, ErrorCode.BAD_REQUEST);
      }
    }
    List<Claim> claims;
    try {
      claims = access.claims(connection.caller(), requests);
    } catch (StorageException e) {
      LOG.failed("subscribe", e, LogContext.of(connection, "subscribe"));
      indexes.forEach(index -> result.refuse(index, ErrorCode.INTERNAL));
      return List.of();
    }
    var begun = new ArrayList<Pending>();
    var signatures = new SignatureBound();
    for (int i = 0; i < claims.size(); i++) {
      int index = indexes.get(i);
      Claim claim = claims.get(i);
      if (claim instanceof Claim.Away) {
        result.refuse(index, ErrorCode.INTERNAL);
        continue;
      }
      if (!signatures.permits(claim)) {
        result.refuse(index, ErrorCode.RATE_LIMITED);
        continue;
      }
      access
          .settle(claim)
          .granted()
          .ifPresentOrElse(
              way -> begin(index, wanted.get(index).id(), way, begun, result),
              () -> result.refuse(index, ErrorCode.FORBIDDEN));
    }
    return begun;
  }

  private void begin(
      int index, String spelling, Access way, List<Pending> begun, SubscribeResult result) {
    subscriptions
        .begin(connection, way.space(), spelling, way.capability().orElse(null))
        .ifPresentOrElse(
            subscription -> begun.add(new Pending(index, way, subscription, 0)),
            () -> result.refuse(index, ErrorCode.RATE_LIMITED));
  }

  /** Reads the spaces and their revocations, and gives up what turns out to be refused. */
  private void resolve(List<Pending> begun, SubscribeResult result) {
    if (begun.isEmpty()) {
      return;
    }
    List<Entry<Space>> opened = null;
    try {
      opened = spaces.openAll(begun.stream().map(Pending::access).toList());
    } catch (StorageException e) {
      LOG.failed("subscribe", e, LogContext.of(connection, "subscribe"));
    }
    // Backwards: if a space is named twice, the later subscription has replaced the earlier one,
    // and gives its place back when it is given up.
    for (int i = begun.size() - 1; i >= 0; i--) {
      Pending each = begun.get(i);
      if (opened != null && opened.get(i) instanceof Entry.Entered<Space>(Space space)) {
        result.grant(each.index(), space);
        granted.addFirst(each.at(space.cursor()));
      } else {
        boolean away = opened == null || opened.get(i) instanceof Entry.Away<Space>;
        result.refuse(each.index(), away ? ErrorCode.INTERNAL : ErrorCode.FORBIDDEN);
        subscriptions.cancel(connection, each.access().space(), each.subscription());
      }
    }
  }
}
