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
import dev.betterbase.sync.space.HomeServer;
import dev.betterbase.sync.space.SubscribeParams;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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
public class HomeSpaces implements HomeServer, PeriodicJob {
  private static final Duration PAUSE = Duration.ofSeconds(10);

  @Inject private HomeLinks links;
  @Inject private Subscriptions subscriptions;
  @Inject private AccessEnds ends;

  private final Map<SpaceId, HomeSpace> spaces = new ConcurrentHashMap<>();

  /** What each connection has entered at some time, and leaves at its end. */
  private final ConnectionLocal<Set<SpaceId>> entered =
      new ConnectionLocal<>(ConcurrentHashMap::newKeySet);

  @Override
  public CompletionStage<List<Outcome>> subscribe(
      Connection connection, String home, List<Wanted> wanted) {
    HomeLink link = links.find(home).orElse(null);
    if (link == null) {
      return CompletableFuture.completedFuture(all(wanted, ErrorCode.INTERNAL));
    }
    return link.call("subscribe", SubscribeAnswer.ask(wanted))
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
      case SubscribeAnswer.Granted(
              long cursor,
              int keyGeneration,
              OptionalInt rewrapEpoch,
              String token) -> {
        HomeSpace space =
            spaces.computeIfAbsent(wanted.space(), first -> new HomeSpace(first, link));
        space.enter(connection, wanted.ucan());
        space.renew(token);
        if (entered.of(connection).add(wanted.space())) {
          connection.onEnd(() -> left(wanted.space(), connection));
        }
        yield new Outcome.Granted(cursor, keyGeneration, rewrapEpoch);
      }
      case SubscribeAnswer.Refused(ErrorCode why) -> new Outcome.Refused(why);
    };
  }

  private void left(SpaceId id, Connection connection) {
    HomeSpace space = spaces.get(id);
    if (space != null) {
      space.leave(connection);
    }
  }

  /** A home server tells something of a space of its own. */
  void told(HomeNotice notice) {
    switch (notice) {
      case HomeNotice.UnderCursor told -> {
        HomeSpace space = spaces.get(told.space());
        Connection author = space == null ? null : space.authorOf(told);
        announce(new Announcement(told.space(), told.cursor(), told::spelled), author);
      }
      case HomeNotice.Revoked revoked -> revoked(revoked.space(), null);
    }
  }

  /**
   * Tells the members here, or remembers to tell them while it is not known who still is one.
   *
   * @param except who made it, and knows
   */
  void announce(Announcement announcement, @Nullable Connection except) {
    HomeSpace space = spaces.get(announcement.space());
    if (space == null || !space.holdsBack(announcement.cursor())) {
      subscriptions.announce(announcement, except);
    }
  }

  /** A member's entry is on its way into the log of a space: its notice is not for its author. */
  void appended(SpaceId id, Connection author, byte[] entryHash) {
    HomeSpace space = spaces.get(id);
    if (space != null) {
      space.appended(author, entryHash);
    }
  }

  /**
   * Something was revoked in a space: all members here are told at once, then nothing is delivered
   * until the home has said of each whether it goes on.
   *
   * @param except who revoked it, and knows
   */
  void revoked(SpaceId id, @Nullable Connection except) {
    HomeSpace space = spaces.get(id);
    if (space == null) {
      ends.revokedAtHome(id, except);
      return;
    }
    space.hold();
    ends.revokedAtHome(id, except);
    ask(space);
  }

  /** Asks the home of each member; one after the other, since each answer replaces the last. */
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
        .call("subscribe", SubscribeAnswer.ask(List.of(wanted)))
        .thenApply(answer -> heard(space, member, SubscribeAnswer.read(answer).of(space.id())))
        .exceptionally(failure -> false);
  }

  private boolean heard(HomeSpace space, Connection member, SubscribeAnswer.Each answer) {
    return switch (answer) {
      case SubscribeAnswer.Granted granted -> {
        space.renew(granted.token());
        space.missed(granted.cursor());
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
    return spaces.values().stream().anyMatch(space -> space.link() == link && !space.isEmpty());
  }

  /**
   * Renews the subscriptions on a new connection, before any other call is sent: by their tokens,
   * and where the home does not take one, by the UCANs of the members.
   */
  CompletionStage<?> restore(HomeLink link, HomeSession session) {
    var renewed = new ArrayList<CompletableFuture<?>>();
    var batch = new ArrayList<HomeSpace>();
    for (HomeSpace space : spaces.values()) {
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
    return link.ask(session, "subscribe", params)
        .handle(
            (Encoded answer, Throwable failure) -> {
              SubscribeAnswer read =
                  answer == null ? SubscribeAnswer.none() : SubscribeAnswer.read(answer);
              batch.forEach(space -> restored(space, read));
              return null;
            });
  }

  private void restored(HomeSpace space, SubscribeAnswer answer) {
    if (answer.of(space.id()) instanceof SubscribeAnswer.Granted granted) {
      space.renew(granted.token());
      // What was pushed while the connection was gone.
      if (!space.holdsBack(granted.cursor())) {
        subscriptions.catchUp(space.id(), granted.cursor());
      }
    } else {
      // Behind the opening, which this answer is part of.
      space.hold();
      links.later(() -> ask(space));
    }
  }

  @Override
  public Duration pause() {
    return PAUSE;
  }

  /** Gives up what nobody here wants any more, and tries again what could not be asked. */
  @Override
  public void round() {
    for (HomeSpace space : spaces.values()) {
      space.members().stream()
          .filter(member -> !subscriptions.isSubscribed(member, space.id()))
          .forEach(space::leave);
      if (space.isEmpty()) {
        spaces.computeIfPresent(
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
