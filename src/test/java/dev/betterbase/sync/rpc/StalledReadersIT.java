package dev.betterbase.sync.rpc;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * Many clients that ask and do not read, on a server with few threads and little memory. None of
 * them holds a thread, all together do not fill the heap, and every other client is served.
 */
@IntegrationTest
@NightlyTest
@Order(1)
class StalledReadersIT {
  private static final int THREADS = 8;
  private static final int STALLED = 300;
  private static final int RECORDS = 400;
  private static final int BLOB = 16_000;
  private static final int REQUESTS = 200;

  @Test
  void theyHoldNoThreadAndLittleMemory() throws Exception {
    TestServer.assumeUpgradeTransport();
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("stalled")
                    .heap("320m")
                    .jvmAsShipped()
                    .with("DATABASE_URL", TestPostgres.shared().newDatabase().url())
                    .with("HTTP_THREADS", Integer.toString(THREADS))
                    .with("MAX_CONNECTIONS_PER_MAILBOX", "1000"))) {
      TestUser user = server.newUser();
      fill(server, user);
      List<WireClient> stalled = new ArrayList<>();
      for (int i = 0; i < STALLED; i++) {
        stalled.add(ask(server, user));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(server.process().health()).contains(200);
        TestUser other = server.newUser();
        try (WireClient client = server.connect(other)) {
          String space = other.personalSpace();
          client.request("push", push(space, put(newId(), 0, blob(100)))).ok();
          assertThat(client.request("pull", pull(space, 0)).chunks()).isNotEmpty();
        }
      }
      stalled.forEach(WireClient::close);
    }
  }

  private static void fill(TestServer server, TestUser user) {
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < RECORDS; i += 50) {
        Object[] changes =
            IntStream.range(0, 50).mapToObj(n -> put(newId(), 0, blob(BLOB))).toArray(Map[]::new);
        client.request("push", push(user.personalSpace(), changes)).ok();
      }
    }
  }

  /** Pulls more than the sockets take, then sends more requests; never reads. */
  private static WireClient ask(TestServer server, TestUser user) {
    WireClient client = WireClient.open(server.process().port(), 4096);
    client.authenticate(user.token());
    for (int i = 0; i < 2; i++) {
      send(client, "pull", "p" + i, pull(user.personalSpace(), 0));
    }
    for (int i = 0; i < REQUESTS; i++) {
      send(client, "no-such-method", "r" + i, Map.of());
    }
    return client;
  }

  private static void send(WireClient client, String method, String id, Object params) {
    client.wire().send(WebSocketWire.BINARY, WireClient.encodeRequest(method, id, params));
  }
}
