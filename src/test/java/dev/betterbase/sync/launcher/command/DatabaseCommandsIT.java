package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.betterbase.sync.launcher.command.Commands.Outcome;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.OperatingPage;
import dev.betterbase.sync.testing.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code migrate} and {@code federation-keygen} on a real database. */
@DatabaseTest
class DatabaseCommandsIT {
  private final String database = TestPostgres.shared().newDatabase().url();

  private Outcome run(String... arguments) {
    return Commands.run(Map.of("DATABASE_URL", database), arguments);
  }

  @Test
  void migrateSaysWhatItDoes() {
    String[] shown = OperatingPage.shellCommand("java -jar betterbase-sync.jar").split(" ");
    assertThat(shown).containsExactly("migrate", "--check");
    Outcome check = run(shown);
    assertThat(check.exitCode()).isZero();
    assertThat(check.output()).contains("The database is empty.", "Would apply migration 1");

    Outcome migrate = run("migrate");
    assertThat(migrate.exitCode()).isZero();
    assertThat(migrate.output()).contains("Applied migration 1");

    Outcome again = run("migrate");
    assertThat(again.exitCode()).isZero();
    assertThat(again.output()).contains("The schema is up to date.");
  }

  @Test
  void privateSeedIsPrintedOnlyWhenAskedAndWrongCallsAreNamed() {
    assertThat(run("federation-keygen", "--domain", "sync.example.com").output())
        .contains("run migrate first");
    assertThat(run("migrate").exitCode()).isZero();
    List<String> log = new ArrayList<>();
    Outcome shown =
        Commands.run(
            Map.of("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
            log::add,
            "federation-keygen",
            "--domain",
            "localhost:5379",
            "--kid",
            "k",
            "--print-private",
            "--no-promote",
            "--database-url",
            database);
    assertThat(shown.exitCode()).isZero();
    String seed = shown.values().get("private_key_base64url");
    assertThat(seed).hasSize(43);
    assertThat(log)
        .singleElement(STRING)
        .endsWith("jwks.json#k made, and its private key printed")
        .doesNotContain(seed);
    Outcome taken = run("federation-keygen", "--domain", "localhost:5379", "--kid", "k");
    assertThat(taken.exitCode()).isEqualTo(1);
    assertThat(taken.output()).contains("already");
    assertThat(run("federation-keygen", "--domain", "-x").output())
        .contains("--domain -x: expected a domain");
    assertThat(run("federation-keygen", "--domain", "a\nb" + "c".repeat(1_000)).output())
        .hasLineCount(1)
        .hasSizeLessThan(400)
        .startsWith("betterbase-sync: --domain a?bc");
    assertThat(run("federation-keygen").exitCode()).isEqualTo(2);
    assertThat(run("federation-keygen", "--deactivate", "nobody").output())
        .contains("expected the id of an active key");
  }

  @Test
  void aPasswordOnTheCommandLineIsWarnedOfAndOneInAFileIsNot(@TempDir Path folder)
      throws IOException {
    String url = "postgres://nobody:hush@127.0.0.1:1/nothing";
    Outcome argument =
        Commands.run(
            Map.of(), "federation-keygen", "--domain", "a.example.com", "--database-url", url);
    assertThat(argument.exitCode()).isEqualTo(1);
    assertThat(argument.output())
        .contains("warning: every user of this machine can see the password in --database-url")
        .doesNotContain("hush");
    Path file = Files.writeString(folder.resolve("url"), database + "\n");
    Outcome migrate = Commands.run(Map.of("DATABASE_URL_FILE", file.toString()), "migrate");
    assertThat(migrate.exitCode()).isZero();
    Outcome keygen =
        Commands.run(
            Map.of("DATABASE_URL_FILE", file.toString()),
            "federation-keygen",
            "--domain",
            "a.example.com");
    assertThat(keygen.exitCode()).isZero();
    assertThat(keygen.output()).doesNotContain("warning");
  }

  @Test
  void privateKeysAreSealedAndUnsealed() {
    String one = "1f".repeat(32);
    String two = "2f".repeat(32);
    assertThat(run("migrate").exitCode()).isZero();
    assertThat(run("federation-keygen", "--domain", "a.example.com").exitCode()).isZero();
    assertThat(run("secrets-rotate").output()).contains("SECRETS_KEY is not set");
    assertThat(rotate(one, "").output()).contains("Sealed 1 private keys.");
    Outcome wrong = rotate(two, "");
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.output())
        .startsWith("betterbase-sync: nothing was changed: the signing key ")
        .contains("with another key")
        .doesNotContain(one, two);
    assertThat(rotate(two, one).output()).contains("Sealed 1 private keys.");
    assertThat(rotate(two, "", "--unseal").output()).contains("Unsealed 1 private keys.");
  }

  private Outcome rotate(String key, String previous, String... options) {
    List<String> arguments = new ArrayList<>(List.of("secrets-rotate"));
    arguments.addAll(List.of(options));
    return Commands.run(
        Map.of("DATABASE_URL", database, "SECRETS_KEY", key, "SECRETS_PREVIOUS_KEY", previous),
        arguments.toArray(String[]::new));
  }
}
