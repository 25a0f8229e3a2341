package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.launcher.command.Commands.Outcome;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.TestPostgres;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code migrate} and {@code federation-keygen} on a real database. */
@DatabaseTest
class DatabaseCommandsIT {
  private final String database = TestPostgres.shared().newDatabase().url();

  private Outcome run(String... arguments) {
    return Commands.run(Map.of("DATABASE_URL", database), arguments);
  }

  @Test
  void migrateSaysWhatItDoes() {
    Outcome check = run("migrate", "--check");
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
    Outcome shown =
        Commands.run(
            Map.of("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
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
    assertThat(shown.values().get("private_key_base64url")).hasSize(43);
    Outcome taken = run("federation-keygen", "--domain", "localhost:5379", "--kid", "k");
    assertThat(taken.exitCode()).isEqualTo(1);
    assertThat(taken.output()).contains("already");
    assertThat(run("federation-keygen", "--domain", "-x").output())
        .contains("--domain -x: expected a domain");
    assertThat(run("federation-keygen").exitCode()).isEqualTo(2);
    assertThat(run("federation-keygen", "--deactivate", "nobody").output())
        .contains("expected the id of an active key");
  }
}
