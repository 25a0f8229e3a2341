package dev.betterbase.sync.launcher;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code aot-cache}, and a server that starts with what it made. */
@IntegrationTest
@Order(1)
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AotCacheIT {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  @Test
  void theServerRunsWithTheCacheThatStandsBesideItsJar(@TempDir Path folder) throws Exception {
    assumeTrue(Runtime.version().feature() >= 25, "the server's Java has no such cache");
    assumeTrue("Linux".equals(System.getProperty("os.name")), "elsewhere it is to be named");
    Path jar = Files.createSymbolicLink(folder.resolve("server.jar"), ServerProcess.JAR);
    Path cache = folder.resolve("betterbase-sync.aot");
    try (ServerProcess making =
        ServerProcess.builder()
            .name("aot-making")
            .jar(jar)
            .arguments("aot-cache", "--seconds", "1")
            // The settings of a server that is not to be touched.
            .with("DATABASE_URL", "postgres://nobody:secret0123@127.0.0.1:1/nothing")
            .jvmAsShipped()
            .defaultHeap()
            .jvm("-DTRUSTED_ISSUERS=none")
            .launch()) {
      int exitCode = making.awaitExit(LIMIT);
      assertThat(making.output())
          .contains("Wrote " + cache, "bin/java -XX:AOTCache=" + cache)
          .doesNotContain("secret0123", "TRUSTED_ISSUERS");
      assertThat(exitCode).isZero();
    }
    assertThat(cache).isNotEmptyFile();

    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("aot")
                    .jar(jar)
                    .with("DATABASE_URL", TestPostgres.shared().newDatabase().url())
                    .jvmAsShipped()
                    .defaultHeap())) {
      TestUser user = server.newUser();
      try (WireClient client = server.connect(user)) {
        client.request("push", push(user.personalSpace(), put(newId(), 0, blob(100)))).ok();
      }
      Path process = Path.of("/proc/" + server.process().pid());
      assertThat(Files.readString(process.resolve("cmdline"))).contains("-XX:AOTCache=" + cache);
      // A cache that does not fit is not kept in memory.
      assertThat(Files.readString(process.resolve("maps"))).contains(cache.toString());
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsRefused(@TempDir Path folder) {
    Path cache = folder.resolve("missing").resolve("server.aot");
    try (ServerProcess making =
        ServerProcess.builder()
            .name("aot-refused")
            .arguments("aot-cache", cache.toString())
            .launch()) {
      assertThat(making.awaitExit(LIMIT)).isEqualTo(1);
      assertThat(making.output()).contains("betterbase-sync: no AOT cache was made: ");
    }
    assertThat(Files.exists(cache)).isFalse();
  }
}
