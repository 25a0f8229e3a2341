package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What a container does to a server: it is process 1, and its {@code /tmp} runs no programs. */
@IntegrationTest
class SurroundingsIT {
  private static final Duration START = Duration.ofMinutes(4);
  private static final Duration RECOVERY = Duration.ofMinutes(1);

  /** Namespaces and mounts need root, as containers do. */
  @Test
  @Timeout(600)
  @EnabledIfSystemProperty(named = "user.name", matches = "root")
  void asProcessOneWithTemporaryFilesThatCannotRun(
      @TempDir(cleanup = CleanupMode.NEVER) Path folder) throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Path log = folder.resolve("log");
    int port = Ports.free();
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            String.join(" ", ServerProcess.shortLivedJvm()),
            "-Xmx256m -Djava.io.tmpdir=" + temporary,
            "-jar",
            ServerProcess.JAR.toString(),
            "serve --dev");
    ProcessBuilder builder =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-c",
                "mount -t tmpfs -o noexec tmpfs "
                    + temporary
                    + " && exec "
                    + String.join(" ", command))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("LISTEN_ADDR", "127.0.0.1:" + port);
    builder.environment().put("CACHE_DIRECTORY", ServerProcess.CACHE.toString());
    Process unshare = builder.start();
    try {
      await().atMost(START).until(() -> !unshare.isAlive() || ServeIT.health(port) == 200);
      assertThat(unshare.isAlive()).as(() -> ServeIT.read(log)).isTrue();
      ProcessHandle server = unshare.children().findFirst().orElseThrow();

      postmaster(server).destroyForcibly();
      await().atMost(RECOVERY).until(() -> ServeIT.read(log).contains("PostgreSQL runs again"));
      await().atMost(RECOVERY).until(() -> ServeIT.health(port) == 200);

      server.destroy();
      assertThat(unshare.waitFor(RECOVERY.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(ServeIT.read(log)).contains("Stopping", "Stopped");
      assertThat(folder.resolve("data/postgres/postmaster.pid")).doesNotExist();
    } finally {
      unshare.destroyForcibly();
    }
  }

  /** The child of the server that others of it come from. */
  private static ProcessHandle postmaster(ProcessHandle server) {
    return server.children().findFirst().orElseThrow();
  }
}
