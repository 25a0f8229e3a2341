package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.DistributionPostgres;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A backup and a restore with PostgreSQL's own tools, by the commands that storage-care.md shows.
 * It needs the programs of a distribution, such as Debian's postgresql-15.
 */
@IntegrationTest
@NightlyTest
@Timeout(600)
class PgDumpIT {
  private static final Pattern SHELL = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

  /** Runs the commands of the page that contain a word, with the settings of a server. */
  private static String run(String word, Path folder, Map<String, String> settings)
      throws IOException, InterruptedException {
    List<String> blocks =
        SHELL
            .matcher(Files.readString(Path.of("docs/storage-care.md")))
            .results()
            .map(block -> block.group(1))
            .filter(block -> block.contains(word))
            .toList();
    assertThat(blocks).hasSize(1);
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-euc", blocks.getFirst())
            .directory(folder.toFile())
            .redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    environment.putAll(settings);
    environment.put("CACHE_DIRECTORY", ServerProcess.CACHE.toString());
    environment.put(
        "PATH",
        String.join(
            File.pathSeparator,
            DistributionPostgres.programs().orElseThrow().toString(),
            Path.of(System.getProperty("java.home"), "bin").toString(),
            System.getenv("PATH")));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }

  private static UnaryOperator<ServerProcess.Builder> options(
      String name, Map<String, String> settings) {
    return options -> {
      settings.forEach(options::with);
      return options.name(name).with("FILE_STORAGE_BACKEND", "local");
    };
  }

  private static long pushed(WireClient client, String space, String id) {
    return client
        .request("push", push(space, put(id, 0, new byte[100])))
        .ok()
        .get("cursor")
        .longValue();
  }

  @Test
  void clientsGoOnOnANewServer(@TempDir Path folder) throws Exception {
    assumeThat(DistributionPostgres.programs()).isPresent();
    Files.createSymbolicLink(folder.resolve("betterbase-sync.jar"), ServerProcess.JAR);
    byte[] bytes = "file content".getBytes(StandardCharsets.UTF_8);
    String kept = newId();
    String file = newId();
    try (DistributionPostgres postgres = DistributionPostgres.start()) {
      postgres.execute("create database before");
      postgres.execute("create database after");
      var before =
          Map.of(
              "DATABASE_URL", postgres.url("before"),
              "FILE_STORAGE_PATH", folder.resolve("files-before").toString());
      var after =
          Map.of(
              "DATABASE_URL", postgres.url("after"),
              "FILE_STORAGE_PATH", folder.resolve("files-after").toString());
      try (TestServer old = TestServer.start(options("dumped", before))) {
        TestUser user = old.newUser();
        String space = user.personalSpace();
        Replica replica = new Replica(space);
        // In a space of its own: a replica knows of records only.
        TestUser filer = old.newUser();
        String token = filer.issuer().token().of(filer).claim("scope", "sync files").sign();
        String record = newId();
        try (WireClient client = old.connect(filer)) {
          pushed(client, filer.personalSpace(), record);
        }
        assertThat(FileClient.of(old, token, filer.personalSpace()).put(file, record, bytes))
            .isEqualTo(201);
        try (WireClient writer = old.connect(user);
            WireClient reader = old.connect(user.withOwnMailbox())) {
          pushed(writer, space, kept);
          run("pg_dump", folder, before);
          pushed(writer, space, newId());
          pushed(writer, space, newId());
          assertThat(replica.attach(reader).cursor()).isEqualTo(3);
        }
        old.process().stop();

        assertThat(run("pg_restore", folder, after))
            .contains("Gave new cursors to the data of all spaces (2).");

        try (TestServer restored =
            TestServer.start(
                options ->
                    options("undumped", after)
                        .apply(options.with("TRUSTED_ISSUERS", old.issuer().url())))) {
          try (WireClient writer = restored.connect(user);
              WireClient reader = restored.connect(user.withOwnMailbox())) {
            replica.attach(reader);
            String later = newId();
            replica.follow(pushed(writer, space, later));
            assertThat(replica.records()).containsKeys(kept, later);
            assertThat(new Replica(space).attach(writer).records()).containsOnlyKeys(kept, later);
          }
          assertThat(FileClient.of(restored, token, filer.personalSpace()).get(file).body())
              .isEqualTo(bytes);
          assertThat(restored.process().output()).doesNotContain("looks restored");
        }
      }
    }
  }
}
