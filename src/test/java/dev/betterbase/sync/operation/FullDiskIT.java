package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
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
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The disk with the data of the embedded PostgreSQL runs full and gets room again. It mounts a file
 * system, which only root may do.
 */
@IntegrationTest
@NightlyTest
@Timeout(600)
@EnabledIfSystemProperty(named = "user.name", matches = "root")
class FullDiskIT {
  private static final Duration RECOVERY = Duration.ofSeconds(90);

  @Test
  void nothingIsLostAndTheServerGoesOnWhenThereIsRoomAgain() throws Exception {
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("full-disk")
                    .embeddedDatabase()
                    .after("mkdir data && mount -t tmpfs -o size=300m,mode=700 tmpfs data"))) {
      Path data = server.process().folder().resolve("data");
      try {
        fillAndMakeRoom(server, data.resolve("ballast"));
      } finally {
        // Lazily, because after a failure the server still runs.
        new ProcessBuilder("umount", "--lazy", data.toString()).inheritIO().start().waitFor();
      }
    }
  }

  private static void fillAndMakeRoom(TestServer server, Path ballast) throws Exception {
    List<AcknowledgedPushes> pushed = AcknowledgedPushes.until(server, () -> fill(ballast));

    await().untilAsserted(() -> assertThat(server.process().health()).hasValue(503));
    TestUser reader = server.newUser();
    try (WireClient client = server.connect(reader)) {
      client.request("pull", pull(reader.personalSpace(), 0)).ok();
    }
    assertThat(server.process().health()).hasValue(503);

    Files.delete(ballast);
    await()
        .atMost(RECOVERY)
        .untilAsserted(
            () -> {
              assertThat(server.process().health()).hasValue(200);
              TestUser user = server.newUser();
              try (WireClient client = server.connect(user)) {
                client.request("push", push(user.personalSpace(), put(newId(), 0, blob(9)))).ok();
              }
            });
    pushed.forEach(AcknowledgedPushes::assertNothingLost);
    assertThat(server.process().stop()).isEqualTo(143);
  }

  /** Writes a file until there is no room left. */
  private static void fill(Path file) {
    byte[] block = new byte[64 * 1024];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      if (!Files.exists(file)) {
        throw new UncheckedIOException(full);
      }
    }
  }
}
