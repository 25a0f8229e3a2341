package dev.betterbase.sync.launcher.command;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that may open few files: it refuses connections and goes on. */
@IntegrationTest
@NightlyTest
@Timeout(600)
class LimitsIT {
  private static final int FLOOD = 2_000;

  @Test
  void aFloodOfConnectionsIsRefusedBeforeFilesRunOut() throws Exception {
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("few-files")
                    .embeddedDatabase()
                    .with("FILE_STORAGE_BACKEND", "local")
                    .after("ulimit -n 1024"))) {
      TestUser user = server.newUser();
      List<SocketChannel> flood = new ArrayList<>();
      try (WireClient client = server.connect(user)) {
        client.request("push", push(user.personalSpace(), put(newId(), 0, blob(9)))).ok();
        for (int i = 0; i < FLOOD; i++) {
          flood.add(
              SocketChannel.open(
                  new InetSocketAddress(
                      InetAddress.getLoopbackAddress(), server.process().port())));
        }
        await()
            .untilAsserted(() -> assertThat(server.process().output()).contains("Refused a con"));

        Duration before = busy(server);
        for (int i = 0; i < 50; i++) {
          client.request("push", push(user.personalSpace(), put(newId(), 0, blob(9)))).ok();
          Thread.sleep(100);
        }
        assertThat(busy(server).minus(before)).as("CPU in 5 s").isLessThan(Duration.ofSeconds(2));
      } finally {
        for (SocketChannel each : flood) {
          each.close();
        }
      }
      await().untilAsserted(() -> assertThat(server.process().health()).hasValue(200));
      try (WireClient client = server.connect(user)) {
        client.request("push", push(user.personalSpace(), put(newId(), 0, blob(9)))).ok();
      }
      assertThat(server.process().output())
          .contains("this process may open only 1,024 files")
          .doesNotContain("Exception", "Too many open files", "ended unexpectedly");
    }
  }

  private static Duration busy(TestServer server) throws IOException {
    return ProcessHandle.of(server.process().pid())
        .flatMap(process -> process.info().totalCpuDuration())
        .orElseThrow();
  }
}
