package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.betterbase.sync.identity.PersonalSpace;
import dev.betterbase.sync.launcher.command.Commands.Outcome;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The {@code admin} commands, as they are documented (storage-care.md). */
@DatabaseTest
@Order(1)
class AdminCommandsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ISSUER = "https://accounts.example.com";

  private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
  private final Map<String, String> settings =
      new HashMap<>(Map.of("DATABASE_URL", database.url()));

  /** The lines of the security log. */
  private final List<String> log = new ArrayList<>();

  private Outcome run(String... arguments) {
    return Commands.run(settings, log::add, arguments);
  }

  private JsonNode json(int exitCode, String... arguments) throws IOException {
    Outcome outcome = run(arguments);
    assertThat(outcome.exitCode()).as(outcome.output()).isEqualTo(exitCode);
    assertThat(outcome.output().lines()).hasSize(1);
    return JSON.readTree(outcome.output());
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** A personal space with one record. */
  private String fill() throws SQLException {
    assertThat(run("migrate").exitCode()).isZero();
    String space = PersonalSpace.idOf(ISSUER, "alice", "app").toString();
    execute(
        """
        insert into spaces (id, client_id, cursor) values ('%1$s', 'app', 1);
        insert into records (space_id, id, cursor, blob)
          values ('%1$s', gen_random_uuid(), 1, 'secret content');
        """
            .formatted(space));
    return space;
  }

  @Test
  void spacesAreListedShownAndDeletedOnlyWithYes() throws Exception {
    assertThat(run("admin", "spaces", "list"))
        .isEqualTo(
            new Outcome(
                1,
                "betterbase-sync: the schema of the database is not that of this release: `migrate"
                    + " --check` says what is to be done\n"));
    String space = fill();

    Outcome list = run("admin", "spaces", "list");
    assertThat(list.exitCode()).isZero();
    assertThat(list.output().lines()).hasSize(2);
    assertThat(list.output()).startsWith("space  ").contains(space + "  personal        1     14");
    assertThat(json(0, "admin", "spaces", "list", "--json", "--limit", "5").get(0).get("records"))
        .hasToString("1");
    assertThat(json(0, "admin", "spaces", "list", "--json", "--after", space)).isEmpty();

    Outcome show = run("admin", "spaces", "show", space);
    assertThat(show.output()).contains("kind            personal\n", "record bytes    14\n");
    assertThat(show.output()).doesNotContain("secret", "alice");
    assertThat(json(0, "admin", "spaces", "show", space, "--json").get("client_id").asText())
        .isEqualTo("app");

    Outcome asked = run("admin", "spaces", "delete", space);
    assertThat(asked.exitCode()).isEqualTo(1);
    assertThat(asked.output())
        .isEqualTo(
            "Would delete personal space "
                + space
                + ": 1 records (14 bytes), 0 files (0 bytes) and 0 entries of the membership log."
                + " Add --yes to delete it for good.\n");
    assertThat(json(0, "admin", "spaces", "delete", space, "--yes", "--json").get("deleted"))
        .hasToString("true");
    assertThat(run("admin", "spaces", "show", space))
        .isEqualTo(new Outcome(1, "betterbase-sync: there is no space " + space + "\n"));
    assertThat(log)
        .singleElement(STRING)
        .endsWith("INFO dev.betterbase.sync.security: admin act: space " + space + " deleted");
    assertThat(run("admin", "spaces", "delete", "x", "--yes").output())
        .isEqualTo("betterbase-sync: x: expected the id of a space, a UUID\n");
    assertThat(run("admin", "spaces", "list", "--limit", "0").output())
        .isEqualTo("betterbase-sync: --limit 0: expected a number from 1 to 10000\n");
    assertThat(run("admin").output())
        .startsWith(
            "expected a command after betterbase-sync admin: spaces, person, usage, doctor");
  }

  @Test
  void aPersonIsShownAndErased() throws Exception {
    String space = fill();
    Outcome show = run("admin", "person", "show", ISSUER, "alice");
    assertThat(show.output().lines())
        .containsExactly(
            "personal space "
                + space
                + ": 1 records (14 bytes), 0 files (0 bytes) and 0 entries of the membership log",
            "invitations: not looked for without --mailbox",
            "counted actions: not looked for without IDENTITY_HASH_KEY",
            "shared spaces that count for the quota: not looked for without IDENTITY_HASH_KEY");
    settings.put("IDENTITY_HASH_KEY", "ab".repeat(32));
    String mailbox = "cd".repeat(32);
    JsonNode all =
        json(0, "admin", "person", "show", ISSUER, "alice", "--mailbox", mailbox, "--json");
    assertThat(all.get("invitations")).hasToString("0");
    assertThat(all.get("counted_actions")).hasToString("0");
    assertThat(run("admin", "person", "show", ISSUER, "alice", "--mailbox", "x").output())
        .isEqualTo("betterbase-sync: --mailbox: expected 64 lower-case hex digits\n");

    assertThat(run("admin", "person", "erase", ISSUER, "alice").output())
        .startsWith("Would erase (add --yes to erase it for good):\npersonal space " + space);
    settings.put("LOG_FORMAT", "jsn");
    assertThat(run("admin", "person", "erase", ISSUER, "alice", "--yes").output())
        .contains("LOG_FORMAT");
    settings.put("LOG_FORMAT", "json");
    Outcome erased = run("admin", "person", "erase", ISSUER, "alice", "--yes");
    assertThat(log).singleElement(STRING).doesNotContain("alice");
    assertThat(JSON.readTree(log.getFirst()).get("message").asText())
        .matches("admin act: data of person [0-9a-f]{16} erased, personal spaces: 1");
    assertThat(erased.exitCode()).isZero();
    assertThat(erased.output()).startsWith("Erased:\npersonal space " + space);
    assertThat(json(0, "admin", "person", "show", ISSUER, "alice", "--json").get("spaces"))
        .isEmpty();
  }

  /** Otherwise the name would be read as that of a file with further arguments. */
  @Test
  void theNameOfAPersonMayBeginWithAnAtSign(@TempDir Path folder) throws Exception {
    fill();
    Path file = Files.writeString(folder.resolve("name"), "alice");
    for (Path each : List.of(folder, file)) {
      Outcome show = run("admin", "person", "show", ISSUER, "@" + each);
      assertThat(show.exitCode()).as(show.output()).isZero();
      assertThat(show.output()).startsWith("no personal space\n");
    }
  }

  @Test
  void anErrorOfTheDatabaseIsOneLine() throws Exception {
    fill();
    execute(
        "create function fail() returns trigger language plpgsql as"
            + " 'begin raise exception ''full'' using hint = ''a hint''; end'");
    execute("create trigger fail before update on spaces for each row execute function fail()");
    Outcome restored = run("restored");
    assertThat(restored.exitCode()).isEqualTo(1);
    assertThat(restored.output())
        .isEqualTo("betterbase-sync: the cursors could not be changed: ERROR: full\n");
  }

  @Test
  void usageAndDoctorReport(@TempDir Path folder) throws Exception {
    assertThat(run("admin", "doctor").output())
        .contains("schema: database: its schema is not that of this release: run migrate");
    String space = fill();
    Outcome usage = run("admin", "usage");
    assertThat(usage.output()).contains("spaces                  1\n", "dead rows", space);
    assertThat(json(0, "admin", "usage", "--json").get("record_bytes")).hasToString("14");

    assertThat(run("admin", "doctor").output())
        .isEqualTo(
            "Files were not checked: FILE_STORAGE_BACKEND is none.\nEverything fits together.\n");
    settings.put("FILE_STORAGE_BACKEND", "local");
    settings.put("FILE_STORAGE_PATH", folder.toString());
    assertThat(run("admin", "doctor")).isEqualTo(new Outcome(0, "Everything fits together.\n"));
    Path stray = folder.resolve("spaces/" + space + "/files/" + UUID.randomUUID());
    Files.createDirectories(stray.getParent());
    Files.writeString(stray, "x");
    execute("update records set cursor = 5");
    execute("update database_origin set written_by = '1'");
    Outcome found = run("admin", "doctor");
    assertThat(found.exitCode()).isEqualTo(1);
    assertThat(found.output())
        .contains(
            "restored: database: it looks restored from a dump",
            "cursors: space " + space + ": its cursor is 1, but 5 is in it (--repair repairs it)",
            "stray bytes: space " + space + " file ",
            "Findings: 3");
    assertThat(run("restored", "--complete").exitCode()).isZero();
    log.clear();
    Outcome repaired = run("admin", "doctor", "--repair");
    assertThat(log)
        .singleElement(STRING)
        .endsWith("admin act: doctor repaired {cursors=1, stray bytes=1}");
    assertThat(repaired.exitCode()).isZero();
    assertThat(repaired.output()).contains("5 is in it (repaired)", "Findings: 2");
    assertThat(json(0, "admin", "doctor", "--json"))
        .isEqualTo(JSON.valueToTree(Map.of("files_checked", true, "findings", List.of())));
  }
}
