package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * The clients of a server that is told to stop (protocol.md, Shutdown). Connections that are not
 * closed yet are served, an upload in hand is finished, and all connections are closed with 1001.
 */
public final class OrderlyStop {
  private static final String ONE_UPLOAD = "betterbase_file_transfers{kind=\"upload\"} 1.0";

  private OrderlyStop() {}

  /** The server. */
  public interface Server {
    /** The port of its HTTP listener on loopback. */
    int port();

    /** The status of {@code /health}; any other number than 200 if there is no answer. */
    int health() throws IOException, InterruptedException;

    /** The page {@code /metrics}. */
    String metrics() throws IOException, InterruptedException;

    /** Tells it to stop, without waiting. */
    void terminate();
  }

  /**
   * Connects clients, begins an upload, has the server stop, and asserts what all of them see.
   *
   * @param connections enough that closing all of them takes more than a second
   */
  public static void assertServed(Server server, TestIssuer issuer, int connections)
      throws Exception {
    List<TestUser> users =
        Stream.generate(() -> TestUser.unknown(issuer)).limit(connections).toList();
    List<WireClient> clients = users.stream().map(user -> connect(server, user)).toList();
    TestUser user = TestUser.unknown(issuer);
    String record = newId();
    String token = issuer.token().of(user).claim("scope", "sync files").sign();
    var files = new FileClient(server.port(), token, null, user.personalSpace());
    try (WireClient busy = connect(server, user)) {
      busy.request("push", push(user.personalSpace(), put(record, 0, new byte[500]))).ok();
      clients.getLast().expectOpen();
      SlowUpload inHand = SlowUpload.begin(files, newId(), record, 2_000);
      inHand.send(1_000);
      await().until(() -> server.metrics().contains(ONE_UPLOAD));
      server.terminate();
      while (server.health() == 200) {
        Thread.sleep(1);
      }
      inHand.send(1_000);
      assertThat(inHand.status()).isEqualTo("HTTP/1.1 201 Created");
      inHand.close();
      int served = 0;
      for (int i = 0; i < clients.size(); i++) {
        served += pushes(clients.get(i), users.get(i)) ? 1 : 0;
      }
      assertThat(served)
          .as("connections that were served when the server was no longer ready")
          .isPositive();
      clients.forEach(client -> client.expectClose(1001, "server shutting down"));
      busy.expectClose(1001, "server shutting down");
    } finally {
      clients.forEach(WireClient::close);
    }
  }

  private static WireClient connect(Server server, TestUser user) {
    return WireClient.open(server.port()).authenticate(user.token());
  }

  /** Whether a push is done; if not, the connection has been closed. */
  private static boolean pushes(WireClient client, TestUser user) {
    try {
      client.request("push", push(user.personalSpace(), put(newId(), 0, new byte[10]))).ok();
      return true;
    } catch (UncheckedIOException | AssertionError closed) {
      assertThat(client.isOpen()).as(closed.toString()).isFalse();
      return false;
    }
  }
}
