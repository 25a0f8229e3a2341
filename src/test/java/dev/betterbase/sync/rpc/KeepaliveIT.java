package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** protocol.md: the keepalive and the ping of the server, and a client that is silent for 75 s. */
@IntegrationTest
@Order(0) // It waits for a minute and a half.
class KeepaliveIT {
  private final TestServer server = TestServer.shared();

  @Test
  void keepaliveEvery30SecondsAndTheSilentAreClosed() {
    try (WireClient reader = server.connect(server.newUser());
        WireClient silent = server.connect(server.newUser())) {
      reader.expectOpen();
      silent.expectOpen();
      reader.readFor(Duration.ofSeconds(33));
      assertThat(reader.keepalives()).isBetween(1, 2);
      assertThat(reader.pings()).isBetween(1, 2);
      reader.readFor(Duration.ofSeconds(57));
      assertThat(reader.keepalives()).isBetween(2, 4);
      assertThat(reader.pings()).isBetween(2, 4);
      reader.expectOpen();
      // It has answered no ping, since it has not read one.
      assertThat(silent.awaitClose(Duration.ofSeconds(10)).code()).isEqualTo(1001);
    }
  }
}
