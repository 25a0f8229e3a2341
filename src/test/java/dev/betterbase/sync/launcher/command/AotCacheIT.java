package dev.betterbase.sync.launcher.command;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code aot-cache}, and servers that start with its cache: with the commands of the Dockerfile,
 * and with the jar alone.
 */
@IntegrationTest
@NightlyTest
@Order(1)
@Timeout(value = 2400, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AotCacheIT {
  /** For what runs with the lowest priority on a machine that runs other tests meanwhile. */
  private static final Duration LIMIT = Duration.ofMinutes(15);

  @Test
  void theServerUsesTheCache(@TempDir Path folder) throws Exception {
    assumeTrue(Runtime.version().feature() >= 25, "this Java makes no AOT cache in one step");
    assumeTrue(
        "Linux".equals(System.getProperty("os.name")), "the launcher adds the flag on Linux only");
    Path jar = folder.resolve("betterbase-sync.jar");
    Files.createSymbolicLink(jar, ServerProcess.JAR);
    ServerProcess.Builder command =
        ImageCommand.of("RUN", folder)
            .on(ServerProcess.builder())
            .name("aot-making")
            .arguments("aot-cache", "--seconds", "1")
            // The limit of "podman build" before Podman 5.
            .after("ulimit -n 1024")
            // Settings of a server that this command must not touch.
            .with("DATABASE_URL", "postgres://nobody:secret0123@127.0.0.1:1/nothing")
            .jvm("-DTRUSTED_ISSUERS=none");
    try (ServerProcess making = command.launch()) {
      int exitCode = making.awaitExit(LIMIT);
      assertThat(making.output())
          .contains("Wrote " + folder.resolve("cache"), "The server uses it")
          .doesNotContain("secret0123", "TRUSTED_ISSUERS");
      assertThat(exitCode).isZero();
    }
    try (ServerProcess server =
        ImageCommand.of("ENTRYPOINT", folder).on(ServerProcess.dev()).name("aot-image").launch()) {
      awaitInMemory(server, folder);
    }
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("aot")
                    .jar(jar)
                    .with("CACHE_DIRECTORY", folder.resolve("cache").toString())
                    .jvmAsShipped()
                    .defaultHeap())) {
      awaitInMemory(server.process(), folder);
      TestUser user = server.newUser();
      try (WireClient client = server.connect(user)) {
        client.request("push", push(user.personalSpace(), put(newId(), 0, blob(100)))).ok();
      }
    }
  }

  @Test
  void aServerWithoutACacheMakesOneInTheBackground(@TempDir Path folder) throws Exception {
    assumeTrue(Runtime.version().feature() >= 25, "this Java makes no AOT cache in one step");
    assumeTrue(
        "Linux".equals(System.getProperty("os.name")), "the launcher adds the flag on Linux only");
    try (TestServer server =
        TestServer.start(
            options ->
                options
                    .name("aot-background")
                    .with("CACHE_DIRECTORY", folder.toString())
                    .with("AOT_CACHE_QUIET_SECONDS", "2")
                    .jvmAsShipped()
                    .defaultHeap())) {
      ServerProcess process = server.process();
      await().atMost(LIMIT).until(() -> process.output().contains("Making an AOT cache"));
      // The command starts with the lowest priority, so it takes the lock later.
      await().atMost(LIMIT).until(() -> hasLock(folder));
      assertAnotherIsRefused(folder);
      await().atMost(LIMIT).until(() -> process.output().contains("Made the AOT cache " + folder));
      process.stop();
      process.start();
      awaitInMemory(process, folder);
      assertThat(process.output()).containsOnlyOnce("Making an AOT cache");
    }
  }

  private static boolean hasLock(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(".aot.lock"));
    }
  }

  private static void assertAnotherIsRefused(Path folder) {
    try (ServerProcess another =
        ServerProcess.builder()
            .name("aot-another")
            .arguments("aot-cache")
            .with("CACHE_DIRECTORY", folder.toString())
            .launch()) {
      assertThat(another.awaitExit(LIMIT)).isEqualTo(1);
      assertThat(another.output()).contains("no AOT cache was made: another process is making it");
    }
  }

  private static void awaitInMemory(ServerProcess server, Path folder) {
    Path maps = Path.of("/proc/" + server.pid(), "maps");
    await()
        .atMost(LIMIT)
        .until(
            () ->
                Files.readString(maps)
                    .lines()
                    .anyMatch(line -> line.contains(folder.toString()) && line.endsWith(".aot")));
  }

  /** A command of the Dockerfile (in JSON form), moved from the image's folder to another. */
  private record ImageCommand(List<String> flags, Path jar, Path cache) {
    static ImageCommand of(String instruction, Path folder) throws IOException {
      String dockerfile = Files.readString(Path.of("Dockerfile")).replace("\\\n", "");
      String list =
          dockerfile
              .lines()
              .filter(line -> line.startsWith(instruction + " ["))
              .findFirst()
              .orElseThrow()
              .substring(instruction.length());
      List<String> words =
          Stream.of(new ObjectMapper().readValue(list, String[].class))
              .map(word -> word.replace("/opt/betterbase", folder.toString()))
              .toList();
      int jar = words.indexOf("-jar");
      assertThat(words.get(0)).isEqualTo("java");
      Path cache = Files.createDirectories(folder.resolve("cache"));
      assertThat(dockerfile).contains("ENV CACHE_DIRECTORY=/opt/betterbase/cache");
      return new ImageCommand(words.subList(1, jar), Path.of(words.get(jar + 1)), cache);
    }

    ServerProcess.Builder on(ServerProcess.Builder options) {
      options.jar(jar).jvmAsShipped().defaultHeap().with("CACHE_DIRECTORY", cache.toString());
      flags.forEach(options::jvm);
      return options;
    }
  }

  @Test
  void aFolderThatIsNotWritableIsRefused(@TempDir Path folder) {
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
