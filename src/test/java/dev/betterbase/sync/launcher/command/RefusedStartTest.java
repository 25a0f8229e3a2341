package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.launcher.command.Commands.Outcome;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Command lines and settings that are refused before anything is started (config.md). */
class RefusedStartTest {
  private static final Map<String, String> ISSUER =
      Map.of("TRUSTED_ISSUERS", "https://issuer.example");

  private static void assertRefused(Outcome outcome, String line) {
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.output()).startsWith("betterbase-sync: " + line);
    assertThat(outcome.output().lines()).hasSize(1);
    assertThat(outcome.output()).doesNotContain("secret0123");
  }

  @Test
  void helpNamesTheCommands() {
    Outcome help = Commands.run(Map.of(), "--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.output()).contains("serve", "migrate", "check");
  }

  @Test
  void anUnknownCommandIsNamed() {
    Outcome outcome = Commands.run(Map.of(), "frobnicate");
    assertThat(outcome.exitCode()).isEqualTo(2);
    assertThat(outcome.output()).contains("frobnicate");
  }

  @Test
  void serveIsTheDefaultCommandAndNeedsAnIssuer() {
    assertRefused(Commands.run(Map.of(), "serve"), "TRUSTED_ISSUERS is not set");
    assertRefused(Commands.run(Map.of()), "TRUSTED_ISSUERS is not set");
  }

  @Test
  void aBadSettingIsNamed() {
    assertRefused(
        Commands.run(
            Map.of("TRUSTED_ISSUERS", "https://issuer.example", "MAX_FRAME_BYTES", "much"),
            "serve"),
        "MAX_FRAME_BYTES=much: expected a whole number");
  }

  @Test
  void developmentModeRefusesWhatWouldExposeIt() {
    assertRefused(
        Commands.run(Map.of("DATABASE_URL", "postgres://u:secret0123@h/db"), "serve", "--dev"),
        "DATABASE_URL is set");
    assertRefused(Commands.run(ISSUER, "serve", "--dev"), "TRUSTED_ISSUERS is set");
    assertRefused(
        Commands.run(Map.of("LISTEN_ADDR", "0.0.0.0:5379"), "serve", "--dev"),
        "LISTEN_ADDR=0.0.0.0:5379");
  }
}
