package dev.betterbase.sync.presence;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static dev.betterbase.sync.testing.Requests.unsubscribe;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** methods.md, Presence and events. */
@IntegrationTest
@Order(0)
class PresenceIT {
  private static final byte[] HERE = {1, 2, 3};

  private final TestServer server = TestServer.shared();
  private final TestUser user = server.newUser();
  private final String space = user.personalSpace();
  private final List<WireClient> clients = new ArrayList<>();

  @AfterEach
  void close() {
    clients.forEach(WireClient::close);
  }

  /** A connection that is not subscribed to the space. */
  private WireClient connect() {
    clients.add(server.connect(user.withOwnMailbox()));
    return clients.getLast();
  }

  private WireClient join() {
    return join(space);
  }

  private WireClient join(String spelling) {
    WireClient client = connect();
    client.request("subscribe", subscribe(spelling, 0)).ok();
    return client;
  }

  private void set(WireClient client, byte[] data) {
    client.notify("presence.set", map("space", space, "data", data));
  }

  private void event(WireClient client, byte[] data) {
    client.notify("event.send", map("space", space, "data", data));
  }

  /** What a client learns of the space, including everyone present. */
  private JsonNode look(WireClient client) {
    return look(client, space);
  }

  private static JsonNode look(WireClient client, String space) {
    return client
        .request(
            "subscribe", map("spaces", List.of(map("id", space, "since", 0, "presence", true))))
        .ok()
        .at("/spaces/0");
  }

  private static Optional<JsonNode> heard(WireClient client, String method) {
    return client.pollNotification(method, Duration.ZERO);
  }

  @Test
  void isShownToTheOthersUntilItIsCleared() {
    WireClient alice = join();
    String spelling = "{" + space.toUpperCase(Locale.ROOT) + "}";
    WireClient bob = join(spelling);
    alice.notify("presence.set", map("space", "urn:uuid:" + space, "data", HERE));

    JsonNode shown = bob.expectNotification("presence");
    String peer = shown.get("peer").textValue();
    assertThat(shown.toString())
        .isEqualTo("{\"space\":\"" + spelling + "\",\"peer\":\"" + peer + "\",\"data\":\"AQID\"}");
    assertThat(peer).matches("[0-9a-f]{32}");

    alice.notify("presence.clear", map("space", space.replace("-", "")));
    assertThat(bob.expectNotification("presence.leave").toString())
        .isEqualTo("{\"space\":\"" + spelling + "\",\"peer\":\"" + peer + "\"}");
    alice.notify("presence.clear", map("space", space));
    event(alice, HERE);
    bob.expectNotification("event");
    assertThat(heard(bob, "presence.leave")).as("it was not set any more").isEmpty();
    alice.expectOpen();
    assertThat(heard(alice, "presence")).isEmpty();
    assertThat(heard(alice, "presence.leave")).isEmpty();
  }

  @Test
  void whoSubscribesLearnsWhoIsThereButItself() {
    WireClient alice = join();
    set(alice, HERE);
    alice.expectOpen();
    WireClient bob = connect();
    JsonNode seen = look(bob);
    String peer = seen.at("/peers/0/peer").textValue();
    assertThat(seen.toString())
        .isEqualTo(
            "{\"id\":\""
                + space
                + "\",\"cursor\":0,\"key_generation\":1,\"peers\":[{\"peer\":\""
                + peer
                + "\",\"data\":\"AQID\"}]}");
    assertThat(peer).matches("[0-9a-f]{32}");
    assertThat(look(alice).has("peers")).as("only itself is there").isFalse();
    assertThat(bob.request("subscribe", subscribe(space, 0)).ok().at("/spaces/0").has("peers"))
        .as("not asked for")
        .isFalse();
    set(alice, new byte[0]);
    assertThat(bob.expectNotification("presence").get("peer").textValue()).isEqualTo(peer);
    assertThat(look(bob).at("/peers/0/data").toString()).isEqualTo("\"\"");
  }

  @Test
  void dataHas1024BytesAtMost() {
    WireClient alice = join();
    WireClient bob = join();
    set(alice, new byte[1_025]);
    alice.notify("presence.set", map("space", space));
    alice.notify("presence.set", map("space", "junk", "data", HERE));
    alice.notify("presence.set", map("space", space, "data", "text"));
    set(alice, new byte[1_024]);
    assertThat(bob.expectNotification("presence").get("data").asText()).hasSize(1_368);
    assertThat(look(bob).get("peers")).hasSize(1);
    alice.expectOpen();
  }

  @Test
  void oneHundredArePresentAndOneMoreIsDropped() {
    WireClient watcher = join();
    for (int i = 0; i < 100; i++) {
      WireClient client = join();
      set(client, new byte[] {(byte) i});
      client.expectOpen();
    }
    WireClient late = join();
    set(late, HERE);
    late.expectOpen();
    assertThat(look(watcher).get("peers")).hasSize(100);
    assertThat(look(late).get("peers")).as("the others, for it is none of them").hasSize(100);
    WireClient first = clients.get(1);
    set(first, HERE);
    first.notify("presence.clear", map("space", space));
    first.expectOpen();
    set(late, HERE);
    late.expectOpen();
    assertThat(look(first).get("peers")).hasSize(100);
    assertThat(look(late).get("peers")).hasSize(99);
  }

  @Test
  void isForSubscribersAlone() {
    WireClient bob = join();
    WireClient stranger = connect();
    set(stranger, HERE);
    event(stranger, HERE);
    stranger.expectOpen();
    WireClient gone = join();
    gone.notify("unsubscribe", unsubscribe(space));
    set(gone, HERE);
    event(gone, HERE);
    gone.expectOpen();
    assertThat(look(bob).has("peers")).isFalse();
    WireClient alice = join();
    set(alice, new byte[] {9});
    assertThat(bob.expectNotification("presence").get("data").asText()).isEqualTo("CQ==");
    assertThat(heard(bob, "event")).isEmpty();
  }

  @Test
  void endsHoweverSomebodyLeaves() {
    WireClient bob = join();
    List<Runnable> ways = new ArrayList<>();
    List<String> peers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      WireClient each = join();
      set(each, HERE);
      peers.add(bob.expectNotification("presence").get("peer").textValue());
      ways.add(
          switch (i) {
            case 0 -> () -> each.notify("unsubscribe", unsubscribe("{" + space + "}"));
            case 1 -> each::leave;
            case 2 -> () -> each.wire().cut();
            default -> each::close;
          });
    }
    for (int i = 0; i < 4; i++) {
      ways.get(i).run();
      assertThat(bob.expectNotification("presence.leave").get("peer").textValue())
          .isEqualTo(peers.get(i));
    }
    assertThat(look(bob).has("peers")).isFalse();
  }

  @Test
  void endsWithTheChainThatIsRevoked() {
    SharedSpace shared = SharedSpace.create(server);
    SharedSpace.Member member = shared.invite("read");
    try (WireClient admin = shared.admin().connect();
        WireClient theirs = member.connect()) {
      admin.request("subscribe", shared.admin().spaces(0)).ok();
      theirs.request("subscribe", member.spaces(0)).ok();
      theirs.notify("presence.set", map("space", shared.id(), "data", HERE));
      String peer = admin.expectNotification("presence").get("peer").textValue();
      admin.request("membership.revoke", shared.admin().params("ucan_cid", member.cid())).ok();
      assertThat(admin.expectNotification("presence.leave").get("peer").textValue())
          .isEqualTo(peer);
      theirs.expectNotification("revoked");
      theirs.notify("presence.set", map("space", shared.id(), "data", HERE));
      theirs.expectOpen();
      assertThat(
              admin
                  .request("subscribe", shared.admin().spaces(0, "presence", true))
                  .ok()
                  .toString())
          .doesNotContain("peers");
    }
  }

  @Test
  void endsWhereItIsNotRenewed() {
    WireClient bob = join();
    WireClient alice = join();
    WireClient carol = join();
    set(alice, HERE);
    String peer = bob.expectNotification("presence").get("peer").textValue();
    Optional<JsonNode> left = Optional.empty();
    for (int tenSeconds = 0; tenSeconds < 9 && left.isEmpty(); tenSeconds++) {
      set(carol, HERE);
      // Their messages do not matter, but they must answer pings.
      alice.readFor(Duration.ofMillis(50));
      carol.readFor(Duration.ofMillis(50));
      left = bob.pollNotification("presence.leave", Duration.ofSeconds(10));
    }
    assertThat(left.orElseThrow().get("peer").textValue()).isEqualTo(peer);
    assertThat(look(bob).get("peers")).as("who renewed it").hasSize(1);
    alice.expectOpen();
    set(alice, HERE);
    alice.expectOpen();
    assertThat(look(bob).get("peers")).hasSize(2);
  }

  @Test
  void subscribingAgainKeepsIt() {
    WireClient alice = join();
    WireClient bob = join();
    set(alice, HERE);
    String peer = bob.expectNotification("presence").get("peer").textValue();
    alice.request("subscribe", subscribe("urn:uuid:" + space, 0)).ok();
    event(alice, HERE);
    bob.expectNotification("event");
    assertThat(heard(bob, "presence.leave")).isEmpty();
    assertThat(look(bob).at("/peers/0/peer").textValue()).isEqualTo(peer);
  }

  @Test
  void nobodyCanBeFollowedFromSpaceToSpaceOrConnectionToConnection() {
    SharedSpace shared = SharedSpace.create(server);
    SharedSpace other = SharedSpace.create(server);
    SharedSpace.Member there =
        new SharedSpace.Member(
            server,
            shared.admin().user(),
            shared.admin().key(),
            other.id(),
            other
                .admin()
                .key()
                .ucan()
                .to(shared.admin().key())
                .on(other.id())
                .allows("read")
                .sign());
    Set<String> peers = new HashSet<>();
    try (WireClient bob = shared.admin().connect()) {
      bob.request("subscribe", shared.admin().spaces(0)).ok();
      bob.request("subscribe", there.spaces(0)).ok();
      for (int i = 0; i < 2; i++) {
        try (WireClient alice = shared.admin().connect()) {
          alice.request("subscribe", shared.admin().spaces(0)).ok();
          alice.request("subscribe", there.spaces(0)).ok();
          for (String each : List.of(shared.id(), other.id())) {
            alice.notify("presence.set", map("space", each, "data", HERE));
            JsonNode shown = bob.expectNotification("presence");
            assertThat(shown.get("space").textValue()).isEqualTo(each);
            String peer = shown.get("peer").textValue();
            assertThat(peer).matches("[0-9a-f]{32}");
            peers.add(peer);
            alice.notify("event.send", map("space", each, "data", HERE));
            assertThat(bob.expectNotification("event").get("peer").textValue()).isEqualTo(peer);
          }
        }
      }
    }
    assertThat(peers).hasSize(4);
  }

  @Test
  void anEventGoesToAllOthersOnce() {
    WireClient alice = join();
    WireClient bob = join("{" + space + "}");
    WireClient carol = join(space.replace("-", "").toUpperCase(Locale.ROOT));
    event(alice, HERE);
    for (WireClient each : List.of(bob, carol)) {
      JsonNode event = each.expectNotification("event");
      assertThat(event.fieldNames()).toIterable().containsExactly("space", "peer", "data");
      assertThat(event.get("data").asText()).isEqualTo("AQID");
      assertThat(event.get("peer").textValue()).matches("[0-9a-f]{32}");
      assertThat(event.get("space").textValue())
          .isEqualTo(
              each == bob ? "{" + space + "}" : space.replace("-", "").toUpperCase(Locale.ROOT));
    }
    alice.expectOpen();
    assertThat(heard(alice, "event")).isEmpty();
    assertThat(look(bob).has("peers")).as("an event is no presence").isFalse();
    WireClient late = join();
    event(alice, new byte[] {9});
    assertThat(late.expectNotification("event").get("data").asText())
        .as("nothing of what was before")
        .isEqualTo("CQ==");
  }

  @Test
  void anEventHas4096BytesAtMost() {
    WireClient alice = join();
    WireClient bob = join();
    event(alice, new byte[4_097]);
    event(alice, new byte[4_096]);
    assertThat(bob.expectNotification("event").get("data").asText()).hasSize(5_464);
    alice.expectOpen();
  }

  @Test
  void fiftyEventsASecondPass() {
    WireClient alice = join();
    WireClient bob = join();
    WireClient carol = join();
    long begin = System.nanoTime();
    for (int i = 0; i < 200; i++) {
      event(alice, new byte[] {(byte) i});
    }
    alice.expectOpen();
    long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
    event(carol, new byte[] {1, 1});
    carol.expectOpen();
    set(alice, HERE);
    bob.expectNotification("presence");
    List<String> events = new ArrayList<>();
    Optional<JsonNode> next = heard(bob, "event");
    while (next.isPresent()) {
      events.add(next.get().get("data").asText());
      next = heard(bob, "event");
    }
    assertThat(events).as("another connection is not limited by it").contains("AQE=");
    // In any second of the whole run.
    assertThat(events.size() - 1).isBetween(50, (int) Math.min(200, 50 * (seconds + 1)));
    assertThat(events.subList(0, 3)).as("in order").containsExactly("AA==", "AQ==", "Ag==");
  }
}
