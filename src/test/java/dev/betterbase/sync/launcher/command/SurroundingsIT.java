package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a container may do to a server: it is process 1, and nothing is writable but its data
 * folder.
 */
@IntegrationTest
@NightlyTest
class SurroundingsIT {
  private static final Duration START = Duration.ofMinutes(4);
  private static final Duration RECOVERY = Duration.ofMinutes(1);

  /**
   * The mounts of the container: the file system is read-only, and so is the folder for temporary
   * files, from which no program runs.
   */
  private static final String CONTAINER =
      """
      set -e
      mount --bind data data
      mount -t tmpfs -o noexec,ro tmpfs temporary
      for folder in / /tmp; do
        if mountpoint -q "$folder"; then mount -o remount,bind,ro "$folder"; fi
      done
      exec "$@"
      """;

  /** Namespaces and mounts need root, as containers do. */
  @Test
  @Timeout(600)
  @EnabledIfSystemProperty(named = "user.name", matches = "root")
  void asProcessOneWithNothingWritableButItsData(@TempDir Path folder) throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Path data = Files.createDirectory(folder.resolve("data"));
    Path log = folder.resolve("log");
    int port = Ports.free();
    ProcessBuilder builder =
        new ProcessBuilder(
                Stream.of(
                        List.of("unshare", "--mount", "--pid", "--fork", "--kill-child"),
                        List.of("--mount-proc", "sh", "-c", CONTAINER, "sh"),
                        List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                        ServerProcess.shortLivedJvm(),
                        List.of("-Xmx256m", "-Djava.io.tmpdir=" + temporary),
                        List.of("-jar", ServerProcess.JAR.toString(), "serve", "--dev"))
                    .flatMap(List::stream)
                    .toList())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().keySet().retainAll(List.of("PATH"));
    builder.environment().put("HOME", "/nonexistent");
    builder.environment().put("CACHE_DIRECTORY", ServerProcess.CACHE.toString());
    builder.environment().put("LISTEN_ADDR", "127.0.0.1:" + port);
    Process unshare = builder.start();
    try {
      await().atMost(START).until(() -> !unshare.isAlive() || ServeIT.health(port) == 200);
      assertThat(unshare.isAlive()).as(() -> ServeIT.read(log)).isTrue();
      ProcessHandle server = unshare.children().findFirst().orElseThrow();

      postmaster(server).destroyForcibly();
      await().atMost(RECOVERY).until(() -> ServeIT.read(log).contains("PostgreSQL runs again"));
      await().atMost(RECOVERY).until(() -> ServeIT.health(port) == 200);
      await().atMost(RECOVERY).until(() -> server.children().noneMatch(SurroundingsIT::isZombie));

      server.destroy();
      assertThat(unshare.waitFor(RECOVERY.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(ServeIT.read(log))
          .contains("Stopping", "Stopped")
          .doesNotContain("Read-only", "JdbcRuntimeExtension");
      assertThat(data.resolve("postgres/postmaster.pid")).doesNotExist();
    } finally {
      unshare.destroyForcibly();
    }
  }

  /** The child of the server that runs PostgreSQL, and is not one of its children. */
  private static ProcessHandle postmaster(ProcessHandle server) {
    return server
        .children()
        .filter(child -> child.info().command().orElse("").endsWith("bin/postgres"))
        .findFirst()
        .orElseThrow();
  }

  /** Whether a process has ended, and its parent has not asked how. */
  private static boolean isZombie(ProcessHandle process) {
    try {
      String status = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
      return status.substring(status.lastIndexOf(')') + 2).startsWith("Z");
    } catch (IOException e) {
      return false;
    }
  }
}
