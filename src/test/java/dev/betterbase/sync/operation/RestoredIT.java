package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.betterbase.sync.testing.Dump;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Replica;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WireClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An older dump is restored under clients that have seen more (docs/running.md). */
@IntegrationTest
@NightlyTest
class RestoredIT {
  private static final String LOOKS_RESTORED = "The database looks restored from a dump";

  @Test
  @Timeout(600)
  void clientsMissNothingAfterTheCommand() throws Exception {
    TestPostgres.Database database = TestPostgres.shared().newDatabase();
    try (TestServer server =
        TestServer.start(
            options -> options.name("restored").with("DATABASE_URL", database.url()))) {
      TestUser user = server.newUser();
      String space = user.personalSpace();
      String kept = newId();
      Dump dump;
      Replica other = new Replica(space);
      try (WireClient writer = server.connect(user);
          WireClient reader = server.connect(user.withOwnMailbox())) {
        pushed(writer, space, kept, 0);
        try (Connection connection = database.connect()) {
          dump = Dump.of(connection);
        }
        pushed(writer, space, newId(), 0);
        assertThat(pushed(writer, space, newId(), 0)).isEqualTo(3);
        assertThat(other.attach(reader).cursor()).isEqualTo(3);
      }
      assertThat(server.process().output()).doesNotContain("looks restored");

      try (Connection connection = database.connect()) {
        dump.restore(connection);
      }
      await()
          .untilAsserted(
              () -> assertThat(server.process().output()).containsOnlyOnce(LOOKS_RESTORED));
      server.process().stop();
      String before = server.process().output();
      server.process().start();
      assertThat(server.process().output().substring(before.length()))
          .containsOnlyOnce(LOOKS_RESTORED)
          .doesNotContain("A client has cursor");
      try (WireClient writer = server.connect(user);
          WireClient reader = server.connect(user.withOwnMailbox())) {
        other.attach(reader);
        reader.request("pull", pull(space, 3)).ok();
        assertThat(server.process().output())
            .contains("A client has cursor 3 of a space whose cursor is 1");

        // The servers should be stopped, but this must hold for a client that is connected as well.
        assertThat(restored(database))
            .contains(
                "Gave new cursors to the data of all spaces (1).",
                "security: admin act: restored: gave new cursors to the data of all spaces (1)");
        await().until(() -> server.process().output().contains("looked restored is confirmed"));
        List<String> written = new ArrayList<>(List.of(kept));
        long cursor = 0;
        for (int i = 0; i < 2; i++) {
          written.add(newId());
          cursor = pushed(writer, space, written.getLast(), 0);
        }
        other.follow(cursor);
        assertThat(other.records()).containsKeys(written.toArray(String[]::new));
        Replica third = new Replica(space).attach(writer);
        assertThat(third.records()).containsOnlyKeys(written.toArray(String[]::new));
        assertThat(other.records()).containsAllEntriesOf(third.records());
        // A client that pulled everything can change what the backup held.
        pushed(writer, space, kept, Objects.requireNonNull(other.records().get(kept)));
      }
    }
  }

  private static long pushed(WireClient client, String space, String id, long expected) {
    JsonNode reply = client.request("push", push(space, put(id, expected, new byte[100]))).ok();
    assertThat(reply.get("ok").booleanValue()).isTrue();
    return reply.get("cursor").longValue();
  }

  private static String restored(TestPostgres.Database database) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ServerProcess.shortLivedJvm());
    command.addAll(List.of("-jar", ServerProcess.JAR.toString(), "restored"));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("DATABASE_URL", database.url());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output.strip();
  }
}
