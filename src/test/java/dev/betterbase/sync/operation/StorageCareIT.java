package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static dev.betterbase.sync.testing.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.storage.ShardedServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands for stored data beside a server with the embedded PostgreSQL (storage-care.md). */
@IntegrationTest
class StorageCareIT {

  private record Outcome(int exitCode, String output) {}

  /** Runs a command in the working folder of a server, with the settings of its files. */
  private static Outcome run(TestServer server, String... arguments) throws Exception {
    return run(server, Map.of(), arguments);
  }

  private static Outcome run(TestServer server, Map<String, String> settings, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ServerProcess.shortLivedJvm());
    command.addAll(List.of("-jar", ServerProcess.JAR.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(server.process().folder().toFile())
            .redirectErrorStream(true);
    builder.environment().put("CACHE_DIRECTORY", ServerProcess.CACHE.toString());
    builder.environment().put("FILE_STORAGE_BACKEND", "local");
    builder.environment().putAll(settings);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Outcome(process.exitValue(), output);
  }

  private static long pushed(WireClient client, String space, String id) {
    JsonNode reply = client.request("push", push(space, put(id, 0, new byte[100]))).ok();
    return reply.get("cursor").longValue();
  }

  @Test
  void aSpaceIsDeletedUnderItsSubscribers() throws Exception {
    TestServer server = TestServer.shared();
    TestUser user = server.newUser();
    String space = user.personalSpace();
    try (WireClient writer = server.connect(user);
        WireClient reader = server.connect(user.withOwnMailbox())) {
      for (int i = 0; i < 3; i++) {
        pushed(writer, space, newId());
      }
      assertThat(reader.request("subscribe", subscribe(space, 0)).ok().at("/spaces/0/cursor"))
          .hasToString("3");

      Outcome deleted = run(server, "admin", "spaces", "delete", space, "--yes");
      assertThat(deleted.output())
          .contains("dev.betterbase.sync.security: admin act: space " + space + " deleted\n")
          .contains(
              "Deleted personal space "
                  + space
                  + ": 3 records (300 bytes), 0 files (0 bytes) and 0 entries of the membership"
                  + " log.\n");
      assertThat(deleted.exitCode()).isZero();
      assertThat(reader.expectNotification("revoked").get("space").textValue()).isEqualTo(space);

      // The owner's next use makes it anew, and the order of its cursors begins anew.
      reader.request("subscribe", subscribe(space, 0)).ok();
      assertThat(pushed(writer, space, newId())).isEqualTo(1);
      assertThat(reader.expectNotification("sync").get("cursor").longValue()).isEqualTo(1);
    }
  }

  /** Backup while the server runs, more pushes, a loss of all data, and a restore. */
  @Test
  @NightlyTest
  @Timeout(600)
  void clientsGoOnAfterARestoredBackup(@TempDir Path folder) throws Exception {
    String backup = folder.resolve("backup").toString();
    try (TestServer server =
        TestServer.start(
            options ->
                options.name("backup").embeddedDatabase().with("FILE_STORAGE_BACKEND", "local"))) {
      TestUser user = server.newUser();
      String space = user.personalSpace();
      String kept = newId();
      String file = newId();
      Replica other = new Replica(space);
      byte[] bytes = "file content".getBytes(StandardCharsets.UTF_8);
      // In a space of its own: the copy of the other space knows of records only.
      TestUser filer = server.newUser();
      String record = newId();
      String token = filer.issuer().token().of(filer).claim("scope", "sync files").sign();
      FileClient files = FileClient.of(server, token, filer.personalSpace());
      try (WireClient client = server.connect(filer)) {
        pushed(client, filer.personalSpace(), record);
        assertThat(files.put(file, record, bytes)).isEqualTo(201);
      }
      try (WireClient writer = server.connect(user);
          WireClient reader = server.connect(user.withOwnMailbox())) {
        pushed(writer, space, kept);
        Outcome written = run(server, "backup", backup);
        assertThat(written.exitCode()).as(written.output()).isZero();
        assertThat(written.output()).contains("Wrote 1 files.");
        pushed(writer, space, newId());
        pushed(writer, space, newId());
        other.attach(reader);
        assertThat(other.cursor()).isEqualTo(3);
      }
      assertThat(run(server, "restore", backup).output())
          .contains("another betterbase-sync")
          .contains("uses the data folder");
      server.process().stop();
      assertThat(run(server, "restore", backup).output())
          .startsWith("betterbase-sync: the database is not empty: ");
      Path data = server.process().folder().resolve("data");
      Files.move(data, data.resolveSibling("lost"));
      Outcome restored = run(server, "restore", backup);
      assertThat(restored.output())
          .contains("Restored 1 files.\nGave new cursors to the data of all spaces (2).\n");
      assertThat(restored.exitCode()).isZero();

      server.process().start();
      assertThat(run(server, "admin", "doctor").output()).isEqualTo("Everything fits together.\n");
      try (WireClient writer = server.connect(user);
          WireClient reader = server.connect(user.withOwnMailbox())) {
        other.attach(reader);
        String later = newId();
        other.follow(pushed(writer, space, later));
        assertThat(other.records()).containsKeys(kept, later);
        assertThat(new Replica(space).attach(writer).records()).containsOnlyKeys(kept, later);
        assertThat(files.get(file).body()).isEqualTo(bytes);
      }
    }
  }

  private static void empty(TestPostgres.Database database) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("drop schema public cascade; create schema public");
    }
  }

  /** The same with a space in each of two databases. */
  @Test
  @NightlyTest
  @Timeout(600)
  void clientsGoOnAfterABackupOfTwoDatabasesWasRestored(@TempDir Path folder) throws Exception {
    String backup = folder.resolve("backup").toString();
    TestPostgres.Database first = TestPostgres.shared().newDatabase();
    TestPostgres.Database second = TestPostgres.shared().newDatabase();
    Map<String, String> databases =
        Map.of("DATABASE_URL", first.url(), "DATABASE_SHARDS", second.url());
    try (ShardedServer sharded =
        ShardedServer.start(
            first,
            second,
            options -> options.name("two-backup").with("FILE_STORAGE_BACKEND", "local"))) {
      TestServer server = sharded.server();
      byte[] bytes = "file content".getBytes(StandardCharsets.UTF_8);
      List<Owner> owners =
          Stream.of(first, second).map(each -> Owner.of(server, sharded.userIn(each))).toList();
      List<Owner> filers =
          Stream.of(first, second).map(each -> Owner.of(server, sharded.userIn(each))).toList();
      for (Owner filer : filers) {
        assertThat(filer.files(server).put(filer.record(), filer.record(), bytes)).isEqualTo(201);
      }
      Outcome written = run(server, databases, "backup", backup);
      assertThat(written.exitCode()).as(written.output()).isZero();
      assertThat(written.output()).contains("in 2 databases.", "Wrote 2 files.");
      for (Owner owner : owners) {
        try (WireClient client = server.connect(owner.user())) {
          pushed(client, owner.space(), newId());
          owner.device().attach(client);
        }
      }
      server.process().stop();
      empty(first);
      empty(second);
      Path data = server.process().folder().resolve("data");
      Files.move(data, data.resolveSibling("lost"));
      Outcome restored = run(server, databases, "restore", backup);
      assertThat(restored.exitCode()).as(restored.output()).isZero();
      assertThat(restored.output()).contains("Restored 2 files.");

      server.process().start();
      assertThat(run(server, databases, "admin", "doctor").output())
          .isEqualTo("Everything fits together.\n");
      for (Owner owner : owners) {
        try (WireClient writer = server.connect(owner.user());
            WireClient reader = server.connect(owner.user().withOwnMailbox())) {
          owner.device().attach(reader);
          String later = newId();
          owner.device().follow(pushed(writer, owner.space(), later));
          assertThat(owner.device().records()).containsKeys(owner.record(), later);
        }
      }
      for (Owner filer : filers) {
        assertThat(filer.files(server).get(filer.record()).body()).isEqualTo(bytes);
      }
    }
  }

  /**
   * The owner of a personal space.
   *
   * @param record one that the space has
   * @param device a copy of the space, which is still empty
   */
  private record Owner(TestUser user, String record, Replica device) {
    static Owner of(TestServer server, TestUser user) {
      String record = newId();
      try (WireClient writer = server.connect(user)) {
        pushed(writer, user.personalSpace(), record);
      }
      return new Owner(user, record, new Replica(user.personalSpace()));
    }

    String space() {
      return user.personalSpace();
    }

    FileClient files(TestServer server) {
      String token = user.issuer().token().of(user).claim("scope", "sync files").sign();
      return FileClient.of(server, token, space());
    }
  }
}
