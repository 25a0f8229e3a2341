package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Addresses of IPv6 alone: of the server, its issuer, its database and its clients. */
@IntegrationTest
@NightlyTest
@Timeout(600)
class IpV6IT {
  private static final Duration LIMIT = Duration.ofMinutes(4);

  @Test
  void theServerItsIssuerAndItsDatabaseHaveNoOtherAddress() throws Exception {
    TestPostgres.Database database = TestPostgres.shared().newDatabase();
    int port = Ports.free();
    try (TestIssuer issuer = TestIssuer.start("[::1]");
        ServerSocket front = new ServerSocket(0, 10, InetAddress.getAllByName("::1")[0])) {
      Thread.ofVirtual().start(() -> forward(front, database.port()));
      String url =
          database.url().replace("127.0.0.1:" + database.port(), "[::1]:" + front.getLocalPort());
      try (ServerProcess server =
          ServerProcess.builder()
              .name("ipv6")
              .with("LISTEN_ADDR", "[::1]:" + port)
              .with("TRUSTED_ISSUERS", issuer.url())
              .with("DATABASE_URL", url)
              .launch()) {
        await().atMost(LIMIT).until(() -> !server.isAlive() || isHealthy(port));
        assertThat(server.output()).contains("listening on [::1]:" + port, "database [::1]:");
        try (ServerProcess check =
            ServerProcess.builder()
                .name("ipv6-check")
                .arguments(
                    "check",
                    "--url",
                    "ws://[::1]:" + port + "/api/v1/ws",
                    "--token",
                    TestUser.unknown(issuer).token())
                .launch()) {
          assertThat(check.awaitExit(LIMIT)).as(check::output).isZero();
        }
      }
    }
  }

  private static boolean isHealthy(int port) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://[::1]:" + port + "/health").toURL().openConnection();
      return connection.getResponseCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Passes connections on to a port of 127.0.0.1, until the socket is closed. */
  private static void forward(ServerSocket front, int port) {
    try {
      while (true) {
        Socket near = front.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), port);
        Thread.ofVirtual().start(() -> copy(near, far));
        Thread.ofVirtual().start(() -> copy(far, near));
      }
    } catch (IOException e) {
      // The test has ended.
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // One of the two ends has closed the connection.
    }
  }
}
