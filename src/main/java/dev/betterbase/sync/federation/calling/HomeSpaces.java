package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.wire.HomeNotice;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.AccessEnds;
import dev.betterbase.sync.realtime.Announcement;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.ConnectionLocal;
import dev.betterbase.sync.space.HomeSubscriptions;
import dev.betterbase.sync.space.SubscribeParams;
import dev.betterbase.sync.space.SubscribeResult;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The spaces of other servers that members here are subscribed to (federation.md, Calling). To the
 * home server all members of a space are one subscription, kept alive by its tokens; here each has
 * one of its own, which lasts as long as the home takes the member's UCAN.
 */
@ApplicationScoped
public class HomeSpaces implements HomeSubscriptions, PeriodicJob {
  private static final Duration PAUSE = Duration.ofSeconds(10);
  private static final String SUBSCRIBE = "subscribe";

  @Inject private HomeLinks links;
  @Inject private Subscriptions subscriptions;
  @Inject private AccessEnds ends;

  private final Map<SpaceId, HomeSpace> subscribed = new ConcurrentHashMap<>();

  /** The spaces that each connection has entered at some time, and leaves at its end. */
  private final ConnectionLocal<Set<SpaceId>> entered =
      new ConnectionLocal<>(ConcurrentHashMap::newKeySet);

  @Override
  public CompletionStage<List<Outcome>> subscribe(
      Connection connection, String home, List<Wanted> wanted) {
    HomeLink link = links.find(home).orElse(null);
    if (link == null) {
      return CompletableFuture.completedFuture(all(wanted, ErrorCode.INTERNAL));
    }
    return link.call(SUBSCRIBE, SubscribeAnswer.ask(wanted), true)
        .thenApply(
            answer -> {
              var read = SubscribeAnswer.read(answer);
              return wanted.stream().map(each -> outcome(connection, link, each, read)).toList();
            })
        .exceptionally(failure -> all(wanted, SubscribeAnswer.code(failure)));
  }

  private static List<Outcome> all(List<Wanted> wanted, ErrorCode why) {
    return wanted.stream().<Outcome>map(each -> new Outcome.Refused(why)).toList();
  }

  private Outcome outcome(
      Connection connection, HomeLink link, Wanted wanted, SubscribeAnswer answer) {
    return switch (answer.of(wanted.space())) {
      case SubscribeAnswer.SubscribedAtHome(SubscribeResult.State state, String token) -> {
        HomeSpace space =
            subscribed.computeIfAbsent(wanted.space(), first -> new HomeSpace(first, link));
        space.enter(connection, wanted.ucan());
        space.renew(token);
        if (entered.of(connection).add(wanted.space())) {
          connection.onEnd(() -> left(wanted.space(), connection));
        }
        yield new Outcome.Subscribed(state);
      }
      case SubscribeAnswer.Refused(ErrorCode why) -> new Outcome.Refused(why);
    };
  }

  private void left(SpaceId id, Connection connection) {
    HomeSpace space = subscribed.get(id);
    if (space != null) {
      space.leave(connection);
    }
  }

  /** Passes on a notice of a home server, of a space of its own. */
  void told(HomeNotice notice) {
    switch (notice) {
      case HomeNotice.UnderCursor told -> {
        HomeSpace space = subscribed.get(told.space());
        Connection author = space == null ? null : space.authorOf(told);
        announce(new Announcement(told.space(), told.cursor(), told::spelled), author);
      }
      case HomeNotice.Revoked revoked -> revoked(revoked.space(), null);
    }
  }

  /** While it is not known who is still a member, the members are told later. */
  @Override
  public void announce(Announcement announcement, @Nullable Connection author) {
    HomeSpace space = subscribed.get(announcement.space());
    if (space == null || !space.holdsBack(announcement.cursor())) {
      subscriptions.announceHere(announcement, author);
    }
  }

  @Override
  public void appended(SpaceId id, Connection author, byte[] entryHash) {
    HomeSpace space = subscribed.get(id);
    if (space != null) {
      space.appended(author, entryHash);
    }
  }

  /**
   * All members here are told at once. Then nothing is delivered until the home has said of each
   * member whether it goes on.
   */
  @Override
  public void revoked(SpaceId id, @Nullable Connection author) {
    HomeSpace space = subscribed.get(id);
    if (space == null) {
      ends.revokedAtHome(id, author);
      return;
    }
    space.hold();
    ends.revokedAtHome(id, author);
    ask(space);
  }

  /** Asks the home about each member, one after the other: each answer replaces the last. */
  private void ask(HomeSpace space) {
    if (!space.beginAsking()) {
      return;
    }
    CompletableFuture<Boolean> asked = CompletableFuture.completedFuture(true);
    for (Connection member : space.members()) {
      asked = asked.thenCompose(known -> known ? ask(space, member) : COULD_NOT);
    }
    CompletableFuture<Void> unused =
        asked.thenAccept(
            known -> {
              boolean again = space.endAsking(known);
              if (known && !again) {
                space.release().ifPresent(cursor -> subscriptions.catchUp(space.id(), cursor));
              } else if (again) {
                ask(space);
              }
            });
  }

  private static final CompletableFuture<Boolean> COULD_NOT =
      CompletableFuture.completedFuture(false);

  /** Whether the home has answered. */
  private CompletableFuture<Boolean> ask(HomeSpace space, Connection member) {
    String ucan = space.ucanOf(member);
    if (ucan == null) {
      return CompletableFuture.completedFuture(true);
    }
    var wanted = new Wanted(space.id(), 0, ucan);
    return space
        .link()
        .call(SUBSCRIBE, SubscribeAnswer.ask(List.of(wanted)), true)
        .thenApply(answer -> heard(space, member, SubscribeAnswer.read(answer).of(space.id())))
        .exceptionally(failure -> false);
  }

  private boolean heard(HomeSpace space, Connection member, SubscribeAnswer.Each answer) {
    return switch (answer) {
      case SubscribeAnswer.SubscribedAtHome(SubscribeResult.State state, String token) -> {
        space.renew(token);
        space.missed(state.cursor());
        yield true;
      }
      case SubscribeAnswer.Refused(ErrorCode why)
          when why == ErrorCode.FORBIDDEN || why == ErrorCode.NOT_FOUND -> {
        space.leave(member);
        ends.refusedAtHome(space.id(), member);
        yield true;
      }
      case SubscribeAnswer.Refused unused -> false;
    };
  }

  /** Whether members here are subscribed to a space of this home. */
  boolean areWanted(HomeLink link) {
    return subscribed.values().stream().anyMatch(space -> space.link() == link && !space.isEmpty());
  }

  /**
   * Renews the subscriptions on a new connection, before any other call is sent: by their tokens,
   * or, if the home does not accept one, by the UCANs of the members.
   */
  CompletionStage<?> restore(HomeLink link, HomeSession session) {
    var renewed = new ArrayList<CompletableFuture<?>>();
    var batch = new ArrayList<HomeSpace>();
    for (HomeSpace space : subscribed.values()) {
      if (space.link() == link && !space.isEmpty()) {
        batch.add(space);
        if (batch.size() == SubscribeParams.SPACES_AT_MOST) {
          renewed.add(restore(link, session, List.copyOf(batch)));
          batch.clear();
        }
      }
    }
    if (!batch.isEmpty()) {
      renewed.add(restore(link, session, List.copyOf(batch)));
    }
    return CompletableFuture.allOf(renewed.toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<?> restore(HomeLink link, HomeSession session, List<HomeSpace> batch) {
    Body params = SubscribeAnswer.renew(batch);
    return link.ask(session, SUBSCRIBE, params)
        .handle(
            (Encoded answer, Throwable failure) -> {
              SubscribeAnswer read =
                  answer == null ? SubscribeAnswer.none() : SubscribeAnswer.read(answer);
              batch.forEach(space -> restored(space, read));
              return null;
            });
  }

  private void restored(HomeSpace space, SubscribeAnswer answer) {
    if (answer.of(space.id())
        instanceof SubscribeAnswer.SubscribedAtHome(SubscribeResult.State state, String token)) {
      space.renew(token);
      // Covers pushes made while the connection was gone.
      if (!space.holdsBack(state.cursor())) {
        subscriptions.catchUp(space.id(), state.cursor());
      }
    } else {
      // Later, because the connection opens only when this has returned.
      space.hold();
      links.later(() -> ask(space));
    }
  }

  @Override
  public String name() {
    return "home_spaces";
  }

  @Override
  public Duration pause() {
    return PAUSE;
  }

  /** Gives up spaces without members here, and asks again if the home could not be asked. */
  @Override
  public void round() {
    for (HomeSpace space : subscribed.values()) {
      space.members().stream()
          .filter(member -> !subscriptions.isSubscribed(member, space.id()))
          .forEach(space::leave);
      if (space.isEmpty()) {
        subscribed.computeIfPresent(
            space.id(),
            (id, present) -> {
              if (!present.isEmpty()) {
                return present;
              }
              HomeSession session = present.link().open();
              if (session != null) {
                session.tell("unsubscribe", SubscribeAnswer.unsubscribe(id));
              }
              return null;
            });
      } else if (space.isHeld()) {
        ask(space);
      } else if (space.link().open() == null) {
        space.link().reopen();
      }
    }
  }
}
