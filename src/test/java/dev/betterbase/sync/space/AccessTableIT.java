package dev.betterbase.sync.space;

import static dev.betterbase.sync.testing.Requests.map;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUcan;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may do what: every method that takes a space, by every kind of caller (auth.md). */
@IntegrationTest
class AccessTableIT {
  private static final TestServer SERVER = TestServer.shared();

  /**
   * A call that nobody but access refuses, or refuses for a reason that only who may enter gets.
   */
  private enum Method {
    SUBSCRIBE(SpaceAction.SUBSCRIBE, AccessTableIT::subscribe),
    PULL(SpaceAction.PULL, AccessTableIT::pull),
    MEMBERSHIP_LIST(
        SpaceAction.MEMBERSHIP_LIST, (client, at) -> call(client, "membership.list", at)),
    DEKS_GET(SpaceAction.DEKS_GET, (client, at) -> call(client, "deks.get", at)),
    DEKS_GET_FILES(SpaceAction.DEKS_GET_FILES, (client, at) -> call(client, "deks.getFiles", at)),
    FILE_DEKS_GET(SpaceAction.DEKS_GET_FILES, (client, at) -> call(client, "file.deks.get", at)),
    PUSH(SpaceAction.PUSH, AccessTableIT::push),
    MEMBERSHIP_APPEND(
        SpaceAction.MEMBERSHIP_APPEND,
        (client, at) ->
            call(
                client,
                "membership.append",
                at,
                "expected_version",
                -1,
                "entry_hash",
                Sha256.of(new byte[] {1}),
                "payload",
                new byte[] {1})),
    EPOCH_BEGIN(
        SpaceAction.EPOCH_BEGIN, (client, at) -> call(client, "epoch.begin", at, "epoch", 99)),
    EPOCH_COMPLETE(
        SpaceAction.EPOCH_COMPLETE,
        (client, at) -> call(client, "epoch.complete", at, "epoch", 99)),
    DEKS_REWRAP(
        SpaceAction.DEKS_REWRAP,
        (client, at) -> call(client, "deks.rewrap", at, "deks", List.of())),
    DEKS_REWRAP_FILES(
        SpaceAction.DEKS_REWRAP_FILES,
        (client, at) -> call(client, "deks.rewrapFiles", at, "deks", List.of())),
    FILE_DEKS_REWRAP(
        SpaceAction.DEKS_REWRAP_FILES,
        (client, at) -> call(client, "file.deks.rewrap", at, "deks", List.of())),
    MEMBERSHIP_REVOKE(
        SpaceAction.MEMBERSHIP_REVOKE,
        (client, at) -> call(client, "membership.revoke", at, "ucan_cid", Accesses.newCid()));

    private final SpaceAction action;

    @SuppressWarnings("ImmutableEnumChecker") // functions without a state
    private final BiFunction<WireClient, Way, String> attempt;

    Method(SpaceAction action, BiFunction<WireClient, Way, String> attempt) {
      this.action = action;
      this.attempt = attempt;
    }
  }

  /** A space, and what is shown there; null for nothing. */
  private record Way(String space, @Nullable String ucan) {
    Map<String, Object> params(Object... keysAndValues) {
      Map<String, Object> params = map("space", space);
      if (ucan != null) {
        params.put("ucan", ucan);
      }
      params.putAll(map(keysAndValues));
      return params;
    }
  }

  private static SharedSpace shared;

  @BeforeAll
  static void makeTheSpace() {
    shared = SharedSpace.create(SERVER);
  }

  // Each answers "allowed", or why not.

  private static String call(WireClient client, String method, Way way, Object... more) {
    WireClient.Reply reply = client.request(method, way.params(more));
    return reply.result() != null || reply.code().equals("conflict") ? "allowed" : reply.error();
  }

  private static String push(WireClient client, Way way) {
    var result = client.request("push", way.params("changes", List.of())).ok();
    return result.get("ok").asBoolean() ? "allowed" : result.get("error").asText();
  }

  private static String subscribe(WireClient client, Way way) {
    var result = client.request("subscribe", map("spaces", List.of(wanted(way)))).ok();
    return result.get("spaces").isEmpty()
        ? result.get("errors").get(0).get("error").asText()
        : "allowed";
  }

  private static String pull(WireClient client, Way way) {
    // Of a space that cannot be read a pull says nothing at all.
    return client.request("pull", map("spaces", List.of(wanted(way)))).chunks().isEmpty()
        ? "forbidden"
        : "allowed";
  }

  private static Map<String, Object> wanted(Way way) {
    Map<String, Object> wanted = map("id", way.space(), "since", 0);
    if (way.ucan() != null) {
      wanted.put("ucan", way.ucan());
    }
    return wanted;
  }

  private static String attempt(Method method, String token, Way way) {
    try (WireClient client = SERVER.connect(token)) {
      String answer = method.attempt.apply(client, way);
      client.expectOpen();
      return answer.startsWith("forbidden") ? "forbidden" : answer;
    }
  }

  private static String attempt(Method method, Member member) {
    return attempt(method, member.token(), new Way(member.space(), member.ucan()));
  }

  @Test
  void everyActionOfAnRpcIsTried() {
    Set<SpaceAction> tried = EnumSet.noneOf(SpaceAction.class);
    for (Method method : Method.values()) {
      tried.add(method.action);
    }
    Set<SpaceAction> overHttp =
        EnumSet.of(SpaceAction.FILE_GET, SpaceAction.FILE_HEAD, SpaceAction.FILE_PUT);
    assertThat(tried).isEqualTo(EnumSet.complementOf(EnumSet.copyOf(overHttp)));
  }

  @ParameterizedTest
  @EnumSource
  void inOnesPersonalSpaceEverythingIsAllowed(Method method) {
    TestUser owner = SERVER.newUser();
    assertThat(attempt(method, owner.token(), new Way(owner.personalSpace(), null)))
        .isEqualTo("allowed");
  }

  @ParameterizedTest
  @EnumSource
  void inAnothersPersonalSpaceNothingIs(Method method) {
    TestUser owner = SERVER.newUser();
    try (WireClient client = SERVER.connect(owner)) {
      push(client, new Way(owner.personalSpace(), null));
    }
    Member stranger = shared.admin();
    assertThat(attempt(method, SERVER.newUser().token(), new Way(owner.personalSpace(), null)))
        .isEqualTo("forbidden");
    String forIt =
        stranger.key().ucan().to(stranger.key()).on(owner.personalSpace()).allows("admin").sign();
    assertThat(attempt(method, stranger.token(), new Way(owner.personalSpace(), forIt)))
        .isEqualTo("forbidden");
  }

  @ParameterizedTest
  @EnumSource
  void aMemberMayDoWhatThePermissionIncludes(Method method) {
    for (Permission permission : Permission.values()) {
      Member member = shared.invite(permission.name().toLowerCase(Locale.ROOT));
      assertThat(attempt(method, member))
          .as("with %s", permission)
          .isEqualTo(permission.includes(method.action.needed()) ? "allowed" : "forbidden");
    }
    assertThat(attempt(method, shared.admin())).as("by the root key itself").isEqualTo("allowed");
  }

  @ParameterizedTest
  @EnumSource
  void aRevokedChainIsGoodForNothing(Method method) {
    Member between = shared.invite("admin");
    Member revoked = between.invite("admin");
    assertThat(attempt(method, revoked)).isEqualTo("allowed");
    try (WireClient admin = shared.admin().connect()) {
      admin.request("membership.revoke", shared.admin().params("ucan_cid", between.cid())).ok();
    }
    assertThat(attempt(method, between)).isEqualTo("forbidden");
    assertThat(attempt(method, revoked)).as("below the revoked one").isEqualTo("forbidden");
    assertThat(attempt(method, between.with(TestUcan.twin(between.ucan()))))
        .as("with its other signature")
        .isEqualTo("forbidden");
  }

  @ParameterizedTest
  @EnumSource
  void anExpiredChainIsGoodForNothing(Method method) {
    Member admin = shared.admin();
    TestKey key = TestKey.create();
    String expired =
        admin
            .key()
            .ucan()
            .to(key)
            .on(shared.id())
            .allows("admin")
            .under(admin.ucan())
            .expiresIn(Duration.ofSeconds(-2))
            .sign();
    assertThat(attempt(method, new Member(SERVER, SERVER.newUser(), key, shared.id(), expired)))
        .isEqualTo("forbidden");
  }

  @ParameterizedTest
  @EnumSource
  void aForeignChainIsGoodForNothing(Method method) {
    Member elsewhere = SharedSpace.create(SERVER).invite("admin");
    assertThat(attempt(method, elsewhere.token(), new Way(shared.id(), elsewhere.ucan())))
        .as("of another space")
        .isEqualTo("forbidden");
    TestKey own = TestKey.create();
    String selfMade = own.ucan().to(own).on(shared.id()).allows("admin").sign();
    assertThat(attempt(method, new Member(SERVER, SERVER.newUser(), own, shared.id(), selfMade)))
        .as("from another root")
        .isEqualTo("forbidden");
    Member member = shared.invite("admin");
    Member other = shared.invite("read");
    assertThat(attempt(method, other.token(), new Way(shared.id(), member.ucan())))
        .as("of another member")
        .isEqualTo("forbidden");
  }

  @ParameterizedTest
  @EnumSource
  void withoutUcanOrDidNothingIsAllowed(Method method) {
    Member member = shared.invite("admin");
    assertThat(attempt(method, member.token(), new Way(shared.id(), null)))
        .as("no UCAN")
        .isEqualTo("forbidden");
    assertThat(attempt(method, member.user().token(), new Way(shared.id(), member.ucan())))
        .as("no DID")
        .isEqualTo("forbidden");
    assertThat(attempt(method, member.token(), new Way(shared.id(), "no UCAN at all")))
        .isEqualTo("forbidden");
  }

  @ParameterizedTest
  @EnumSource
  void anAbsentSpaceLooksLikeAClosedOne(Method method) {
    String absent = UUID.randomUUID().toString();
    TestKey key = TestKey.create();
    String ucan = key.ucan().to(key).on(absent).allows("admin").sign();
    assertThat(attempt(method, new Member(SERVER, SERVER.newUser(), key, absent, ucan)))
        .isEqualTo("forbidden");
    assertThat(attempt(method, SERVER.newUser().token(), new Way(absent, null)))
        .isEqualTo("forbidden");
  }
}
