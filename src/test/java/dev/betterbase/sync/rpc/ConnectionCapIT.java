package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.Requests.map;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** protocol.md, Connecting: at most three connections for one owner, 4003 for one more. */
@IntegrationTest
class ConnectionCapIT {
  private final TestServer server = TestServer.shared();
  private final List<WireClient> clients = new ArrayList<>();

  @AfterEach
  void closeAll() {
    clients.forEach(WireClient::close);
  }

  @Test
  void fourthOfOneSubjectAndClient() {
    TestUser user = server.newUser();
    connectThree(user);
    expectTooMany(user);
    expectRoom(user.withClient("another-client"));
    expectRoom(server.newUser());
  }

  @Test
  void oneMailboxCountsOverSubjects() {
    TestUser one = server.newUser().withOwnMailbox();
    TestUser two = server.newUser().withMailbox(one.mailbox().orElseThrow());
    connect(one);
    connect(two);
    connect(one);
    expectTooMany(two);
    expectRoom(two.withOwnMailbox());
  }

  @Test
  void mailboxBelongsToTheIssuerThatFirstShowedIt() {
    TestUser first = server.newUser().withOwnMailbox();
    connectThree(first);
    TestUser thief =
        TestUser.unknown(server.otherIssuer()).withMailbox(first.mailbox().orElseThrow());
    connectThree(thief);
    expectTooMany(thief);
    expectTooMany(first);
  }

  @Test
  void refusedOnesTakeNoPlace() {
    TestUser user = server.newUser();
    for (int i = 0; i < 10; i++) {
      try (WireClient client =
          server.connect(user.issuer().token().of(user).expiresIn(Duration.ofMinutes(-1)).sign())) {
        client.expectClose(4000, "expired auth token");
      }
    }
    connectThree(user);
    for (int i = 0; i < 10; i++) {
      expectTooMany(user);
    }
    clients.removeFirst().leave();
    awaitRoom(user);
  }

  @ParameterizedTest
  @MethodSource
  void placeIsGivenUp(Consumer<WireClient> ending) {
    TestUser user = server.newUser();
    connectThree(user);
    WireClient leaving = clients.removeFirst();
    ending.accept(leaving);
    awaitRoom(user);
    leaving.close();
    expectTooMany(user);
  }

  static Stream<Named<Consumer<WireClient>>> placeIsGivenUp() {
    return Stream.of(
        Named.of("after a close handshake", WireClient::leave),
        Named.of("after FIN without a close", WireClient::close),
        Named.of("after a reset", client -> client.wire().cut()),
        Named.of("after half a close", client -> client.wire().endOutput()),
        Named.of(
            "after a protocol error, unread",
            client -> client.wire().send(WebSocketWire.BINARY, new byte[0])),
        Named.of(
            "in the middle of a frame",
            client -> {
              client.wire().sendRaw(WebSocketWire.header(WebSocketWire.BINARY, true, true, 1_000));
              client.wire().cut();
            }),
        Named.of(
            "with requests unanswered",
            client -> {
              for (int i = 0; i < 100; i++) {
                client.start("no.such", map());
              }
              client.wire().cut();
            }));
  }

  private void connectThree(TestUser user) {
    for (int i = 0; i < 3; i++) {
      connect(user);
    }
  }

  private void connect(TestUser user) {
    WireClient client = server.connect(user);
    clients.add(client);
    client.expectOpen();
  }

  private void expectTooMany(TestUser user) {
    try (WireClient client = server.connect(user)) {
      client.expectClose(4003, "too many connections");
    }
  }

  private void expectRoom(TestUser user) {
    try (WireClient client = server.connect(user)) {
      client.expectOpen();
    }
  }

  // The server notices an ended connection only after some time; then a new one takes its place. On
  // the standard transport, a reply that finds no room holds the thread of the connection for 30 s,
  // and only then is the reset seen.
  private void awaitRoom(TestUser user) {
    await()
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsMatching(AssertionError.class::isInstance)
        .untilAsserted(() -> connectOrClose(user));
  }

  private void connectOrClose(TestUser user) {
    WireClient client = server.connect(user);
    try {
      client.expectOpen();
      clients.add(client);
    } catch (AssertionError refused) {
      client.close();
      throw refused;
    }
  }
}
