package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.map;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;

/** What clients see of a server without its database, and when the database is back. */
final class DatabaseOutage {
  private DatabaseOutage() {}

  /** The server continues to run and reports it: 503, and errors that name nothing. */
  static void assertInternal(TestServer server) {
    await().untilAsserted(() -> assertThat(server.process().health()).hasValue(503));
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < 3; i++) {
        assertInternal(
            client.request("push", push(user.personalSpace(), put(newId(), 0, new byte[1]))));
      }
      client.expectOpen();
    }
  }

  // methods.md leaves open whether push reports it in its result or as an error.
  private static void assertInternal(WireClient.Reply reply) {
    if (reply.result() == null) {
      assertThat(reply.error()).isEqualTo("internal internal");
    } else {
      assertThat(reply.result().toString()).isEqualTo("{\"ok\":false,\"error\":\"internal\"}");
    }
  }

  /** Pushes twenty times, each within its turn. */
  static void assertOver(TestServer server) {
    assertThat(server.process().health()).hasValue(200);
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      for (int i = 1; i <= 20; i++) {
        assertThat(
                client
                    .request("push", push(user.personalSpace(), put(newId(), 0, new byte[1])))
                    .ok())
            .isEqualTo(WireClient.CBOR.valueToTree(map("ok", true, "cursor", i)));
      }
    }
  }
}
