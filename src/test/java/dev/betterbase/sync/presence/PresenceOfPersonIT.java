package dev.betterbase.sync.presence;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * How much presence one person may set, and how many events send, through any number of connections
 * (methods.md, Presence and events).
 */
@IntegrationTest
@Order(0)
class PresenceOfPersonIT {
  /** The events that one connection may send in a second. */
  private static final int EVENTS = 50;

  /** The same for one person, through however many connections. */
  private static final int EVENTS_OF_PERSON = 500;

  private static final int COUPLES = 30;

  private final TestServer server = TestServer.shared();
  private final TestUser user = server.newUser();
  private final List<WireClient> clients = new ArrayList<>();

  @AfterEach
  void close() {
    clients.forEach(WireClient::close);
  }

  /** The user in another client application, which has a personal space of its own. */
  private TestUser elsewhere() {
    return user.withClient(Requests.newId());
  }

  private WireClient join(TestUser person) {
    WireClient client = server.connect(person.withOwnMailbox());
    clients.add(client);
    client.request("subscribe", subscribe(person.personalSpace(), 0)).ok();
    return client;
  }

  /** Many notifications for one write to the socket; the data of each is its number. */
  private static byte[] frames(String method, String space, int count) {
    var frames = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      byte[] data = {(byte) (i >> 8), (byte) i};
      byte[] frame =
          WireClient.encode(
              map("type", 2, "method", method, "params", map("space", space, "data", data)));
      frames.writeBytes(WebSocketWire.frame(WebSocketWire.BINARY, true, true, frame));
    }
    return frames.toByteArray();
  }

  /** No connection sends more than it may, but all together send six times as many as one may. */
  @Test
  void theConnectionsOfOnePersonShareFiveHundredEventsASecond() {
    List<Couple> couples = new ArrayList<>();
    for (int i = 0; i < COUPLES; i++) {
      TestUser person = elsewhere();
      couples.add(new Couple(person.personalSpace(), join(person), join(person)));
    }
    long begin = System.nanoTime();
    couples.forEach(Couple::send);
    clients.forEach(WireClient::expectOpen);
    long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
    int passed = couples.stream().mapToInt(Couple::heard).sum();

    // In any time: what one may send at once, and what comes to it meanwhile.
    long most = EVENTS_OF_PERSON * (seconds + 2);
    assertThat(passed)
        .isGreaterThanOrEqualTo(EVENTS_OF_PERSON)
        .isLessThanOrEqualTo((int) Math.min(most, 2 * COUPLES * EVENTS));
  }

  /** Two connections that hear each other, and nobody else. */
  private record Couple(String space, WireClient alice, WireClient bob) {
    void send() {
      byte[] events = frames("event.send", space, EVENTS);
      alice.wire().sendRaw(events);
      bob.wire().sendRaw(events);
    }

    /** The number of events that have come to both. */
    int heard() {
      return heard(alice, bob) + heard(bob, alice);
    }

    private int heard(WireClient listener, WireClient sender) {
      // Notifications come in order, so no event comes after this one.
      sender.notify("presence.set", map("space", space, "data", new byte[0]));
      listener.expectNotification("presence");
      int events = 0;
      while (listener.pollNotification("event", Duration.ZERO).isPresent()) {
        events++;
      }
      return events;
    }
  }

  /**
   * In the long run a person has 500 a second, so of what one connection sends at once only the
   * beginning passes when the person has none left.
   */
  @Test
  void whoConnectsAgainHasNoMorePresenceToSet() {
    int ofConnection = 1_000;
    int connections = 10;
    for (int i = 0; i < connections; i++) {
      assertThat(lastOf(ofConnection)).as("connection " + i).isEqualTo(ofConnection - 1);
    }
    int last = ofConnection - 1;
    for (int i = 0; i < 3 * connections && last == ofConnection - 1; i++) {
      last = lastOf(ofConnection);
    }
    assertThat(last).isLessThan(ofConnection - 1);
  }

  /** Sets presence many times on a new connection; which one the others see in the end. */
  private int lastOf(int times) {
    // Another space, where nobody of an earlier connection may still be present.
    TestUser person = elsewhere();
    String space = person.personalSpace();
    try (WireClient alice = server.connect(person.withOwnMailbox());
        WireClient bob = server.connect(person.withOwnMailbox())) {
      alice.request("subscribe", subscribe(space, 0)).ok();
      alice.wire().sendRaw(frames("presence.set", space, times));
      alice.expectOpen();
      JsonNode seen =
          bob.request(
                  "subscribe",
                  map("spaces", List.of(map("id", space, "since", 0, "presence", true))))
              .ok();
      byte[] data = Requests.bytes(seen.at("/spaces/0/peers/0/data"));
      return Byte.toUnsignedInt(data[0]) << 8 | Byte.toUnsignedInt(data[1]);
    }
  }
}
