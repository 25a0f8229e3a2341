package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** config.md, Commands: {@code config}. */
class ConfigCommandTest {
  private static final String ISSUER = "https://issuer.example";

  @Test
  void printsValuesWithTheirSourceAndDefault() {
    var outcome =
        Commands.run(
            Map.of(
                "TRUSTED_ISSUERS", ISSUER,
                "FILE_STORAGE", "local",
                "DATABASE_URL", "postgres://u:password1@db/sync"),
            "config");
    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    assertThat(outcome.output().lines())
        .contains(
            "FILE_STORAGE_BACKEND=local  # FILE_STORAGE; default: none",
            "HTTP_THREADS=200  # default")
        .anyMatch(line -> line.startsWith("DATABASE_URL=(hidden)  # DATABASE_URL; default: "));
    assertThat(outcome.output()).doesNotContain("password1");
  }

  @Test
  void checkPrintsALineForEachFault() {
    var outcome =
        Commands.run(
            Map.of("TRUSTED_ISSUERS", ISSUER, "HTTP_THREADS", "7", "LOG_FORMAT", "xml"),
            "config",
            "--check");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.output().lines())
        .filteredOn(line -> !line.startsWith("warning: "))
        .hasSize(2)
        .allMatch(line -> line.startsWith("betterbase-sync: "));
  }

  @Test
  void checkOfGoodSettingsPrintsNothing() {
    var outcome = Commands.run(Map.of("TRUSTED_ISSUERS", ISSUER), "config", "--check");
    assertThat(outcome.exitCode()).isZero();
    assertThat(outcome.output().lines()).allMatch(line -> line.startsWith("warning: "));
  }
}
