package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.Params;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.ratelimit.LimitedAction;
import dev.betterbase.sync.ratelimit.RateLimits;
import dev.betterbase.sync.record.PullHandler;
import dev.betterbase.sync.record.PushHandler;
import dev.betterbase.sync.record.PushParams;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Detour;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.RootKeys;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Forwards what members ask of spaces that live elsewhere to their home servers, once it was
 * authorised here (federation.md, Calling). What comes back goes to the member as it is.
 */
@ApplicationScoped
public class HomeDetour implements Detour {
  /** The methods on one space, and what each takes. */
  private static final Map<String, SpaceAction> ACTIONS =
      Map.ofEntries(
          Map.entry("push", SpaceAction.PUSH),
          Map.entry("membership.append", SpaceAction.MEMBERSHIP_APPEND),
          Map.entry("membership.list", SpaceAction.MEMBERSHIP_LIST),
          Map.entry("membership.revoke", SpaceAction.MEMBERSHIP_REVOKE),
          Map.entry("epoch.begin", SpaceAction.EPOCH_BEGIN),
          Map.entry("epoch.complete", SpaceAction.EPOCH_COMPLETE),
          Map.entry("deks.get", SpaceAction.DEKS_GET),
          Map.entry("deks.getFiles", SpaceAction.DEKS_GET_FILES),
          Map.entry("file.deks.get", SpaceAction.DEKS_GET_FILES),
          Map.entry("deks.rewrap", SpaceAction.DEKS_REWRAP),
          Map.entry("deks.rewrapFiles", SpaceAction.DEKS_REWRAP_FILES),
          Map.entry("file.deks.rewrap", SpaceAction.DEKS_REWRAP_FILES));

  private static final String PULL = "pull";

  /** The chunk of each method that streams. */
  private static final Map<String, String> STREAMS =
      Map.of(
          "deks.get", "deks.record",
          "deks.getFiles", "deks.files.record",
          "file.deks.get", "deks.files.record");

  @Inject private Peers peers;
  @Inject private HomeLinks links;
  @Inject private HomeSpaces homes;
  @Inject private RootKeys spaces;
  @Inject private SpaceAccess access;
  @Inject private PullHandler pulls;
  @Inject private RateLimits limits;
  @Resource private ManagedScheduledExecutorService timer;

  /** What a request says of where it goes; the rest is for whoever does it. */
  private record Target(SpaceId space, @Nullable String ucan, byte @Nullable [] entryHash) {}

  @Override
  public Optional<Taken> take(Connection connection, String method, Params params) {
    if (!peers.isEnabled()) {
      return Optional.empty();
    }
    if (method.equals(PULL)) {
      return takePull(connection, params);
    }
    SpaceAction action = ACTIONS.get(method);
    if (action == null) {
      return Optional.empty();
    }
    Target target = target(params).orElse(null);
    if (target == null || isOwn(connection.token(), target.space())) {
      return Optional.empty();
    }
    return spaces
        .find(target.space())
        .home()
        .map(home -> forward(connection, method, action, target, home, params));
  }

  /** What cannot be read is left to the handler, which says so. */
  private static Optional<Target> target(Params params) {
    String space = null;
    String ucan = null;
    byte[] entryHash = null;
    try {
      CborReader reader = params.reader();
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "space" -> space = reader.text();
          case "ucan" -> ucan = reader.text();
          case "entry_hash" -> entryHash = reader.bytes();
          default -> reader.skip();
        }
      }
    } catch (Failure.InvalidParams malformed) {
      return Optional.empty();
    }
    byte[] hash = entryHash;
    String shown = ucan;
    return Optional.ofNullable(space)
        .flatMap(SpaceId::parse)
        .map(id -> new Target(id, shown, hash));
  }

  private static boolean isOwn(AccessToken caller, SpaceId space) {
    return caller.personalSpace().filter(space::equals).isPresent();
  }

  private Taken forward(
      Connection connection,
      String method,
      SpaceAction action,
      Target target,
      String home,
      Params params) {
    Access granted;
    HomeLink link;
    try {
      granted = access.require(connection.caller(), target.space(), target.ucan(), action);
      link = links.find(home).orElseThrow(() -> new Failure.Internal("internal"));
    } catch (Failure refused) {
      if (action == SpaceAction.PUSH) {
        return new Taken.Answered(PushHandler.refused(refused));
      }
      throw refused;
    }
    String chunk = STREAMS.get(method);
    if (chunk != null) {
      var stream =
          new HomeStream(link, method, params.encoded(), each -> each.name().equals(chunk), timer)
              .begin();
      return new Taken.Streamed(
          new HomeChunks(stream, granted.capability().orElseThrow(Failure.Forbidden::new)));
    }
    // A home server knows no person: who may append how often is seen to here.
    Optional<Allowance> allowance =
        action == SpaceAction.MEMBERSHIP_APPEND && !isAdmin(granted)
            ? limits.allowance(connection.caller(), LimitedAction.MEMBERSHIP_APPEND)
            : Optional.empty();
    allowance.ifPresent(limits::requireRoom);
    CompletableFuture<Encoded> answer = link.call(method, params.encoded());
    return new Taken.Answered(
        new Answer.Later(
            switch (action) {
              case PUSH -> pushed(connection, target.space(), params, answer);
              case MEMBERSHIP_APPEND ->
                  answer.thenApply(
                      result -> {
                        allowance.ifPresent(limits::record);
                        if (target.entryHash() != null) {
                          homes.appended(target.space(), connection, target.entryHash());
                        }
                        return Reply.of(result);
                      });
              case MEMBERSHIP_REVOKE ->
                  answer.thenApply(
                      result ->
                          Reply.of(result).then(() -> homes.revoked(target.space(), connection)));
              default -> answer.thenApply(Reply::of);
            }));
  }

  /**
   * The home does not notify the connection that pushed, so this server tells its other members.
   */
  private CompletableFuture<Reply> pushed(
      Connection connection, SpaceId space, Params params, CompletableFuture<Encoded> answer) {
    return answer
        .thenApply(
            result -> {
              long cursor = cursor(result);
              Reply reply = Reply.of(result);
              return cursor <= 0
                  ? reply
                  : reply.then(() -> tell(connection, space, cursor, params));
            })
        .exceptionallyCompose(
            failure ->
                HomeLink.asFailure(failure) instanceof Failure.Internal unreachable
                    ? CompletableFuture.completedFuture(PushHandler.refused(unreachable))
                    : CompletableFuture.failedFuture(failure));
  }

  private void tell(Connection connection, SpaceId space, long cursor, Params params) {
    var pushed = PushParams.read(params.reader());
    if (!pushed.changes().isEmpty()) {
      homes.announce(PushHandler.announcement(space, cursor, pushed), connection);
    }
  }

  private static boolean isAdmin(Access granted) {
    return granted
        .capability()
        .filter(capability -> capability.permission().includes(Permission.ADMIN))
        .isPresent();
  }

  /** The cursor of a push that was done; 0 of one that was not. */
  private static long cursor(Encoded result) {
    boolean ok = false;
    long cursor = 0;
    try {
      CborReader reader = result.reader();
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "ok" -> ok = reader.bool();
          case "cursor" -> cursor = reader.int64();
          default -> reader.skip();
        }
      }
    } catch (Failure.InvalidParams malformed) {
      throw new Failure.Internal(malformed);
    }
    return ok ? cursor : 0;
  }

  private Optional<Taken> takePull(Connection connection, Params params) {
    PullHandler.Params asked;
    try {
      asked = pulls.read(params.reader());
    } catch (Failure.InvalidParams malformed) {
      return Optional.empty();
    }
    if (asked.spaces().size() > PullHandler.SPACES_AT_MOST) {
      return Optional.empty();
    }
    Map<SpaceId, String> homeOf = homesOf(connection.token(), asked);
    if (homeOf.isEmpty()) {
      return Optional.empty();
    }
    var here = new ArrayList<PullHandler.Wanted>();
    var elsewhere = new LinkedHashMap<String, List<PullHandler.Wanted>>();
    var capabilities = new ArrayList<Capability>();
    for (PullHandler.Wanted wanted : asked.spaces()) {
      SpaceId space = SpaceId.parse(wanted.spelling()).orElse(null);
      String home = space == null ? null : homeOf.get(space);
      if (space == null || home == null) {
        here.add(wanted);
        continue;
      }
      access
          .decide(
              connection.caller(), new SpaceAccess.Request(space, wanted.ucan(), SpaceAction.PULL))
          .granted()
          .flatMap(Access::capability)
          .ifPresent(
              capability -> {
                capabilities.add(capability);
                elsewhere.computeIfAbsent(home, first -> new ArrayList<>()).add(wanted);
              });
    }
    var streams = new ArrayList<HomeStream>();
    elsewhere.forEach(
        (home, wanted) -> links.find(home).ifPresent(link -> streams.add(begin(link, wanted))));
    return Optional.of(
        new Taken.Streamed(
            new HomePull(
                pulls.open(connection, new PullHandler.Params(here)), streams, capabilities)));
  }

  private Map<SpaceId, String> homesOf(AccessToken caller, PullHandler.Params asked) {
    List<SpaceId> ids =
        asked.spaces().stream()
            .map(wanted -> SpaceId.parse(wanted.spelling()))
            .flatMap(Optional::stream)
            .filter(space -> !isOwn(caller, space))
            .distinct()
            .toList();
    var homeOf = new LinkedHashMap<SpaceId, String>();
    if (!ids.isEmpty()) {
      spaces
          .findAll(ids)
          .forEach((space, found) -> found.home().ifPresent(home -> homeOf.put(space, home)));
    }
    return homeOf;
  }

  private HomeStream begin(HomeLink link, List<PullHandler.Wanted> wanted) {
    Body params =
        writer -> {
          writer.beginMap(1).key("spaces").beginList(wanted.size());
          for (PullHandler.Wanted each : wanted) {
            writer
                .beginMap(3)
                .field("id", each.spelling())
                .field("since", each.since())
                .field("ucan", String.valueOf(each.ucan()))
                .endMap();
          }
          writer.endList().endMap();
        };
    return new HomeStream(
            link,
            PULL,
            params,
            HomePull.of(
                wanted.stream()
                    .map(each -> SpaceId.parse(each.spelling()))
                    .flatMap(Optional::stream)
                    .collect(Collectors.toSet())),
            timer)
        .begin();
  }
}
