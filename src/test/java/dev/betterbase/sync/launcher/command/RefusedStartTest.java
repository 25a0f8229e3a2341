package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.launcher.command.Commands.Outcome;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Command lines and settings that are refused before anything is started (config.md). */
class RefusedStartTest {
  private static final Map<String, String> ISSUER =
      Map.of("TRUSTED_ISSUERS", "https://issuer.example");

  private static void assertRefused(Outcome outcome, String line, String... more) {
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.output()).startsWith("betterbase-sync: " + line);
    assertThat(List.of(more)).allMatch(outcome.output()::contains);
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
  void anAddressToListenOnIsRefusedWithAdvice() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String taken = "127.0.0.1:" + other.getLocalPort();
      assertRefused(
          listening(taken),
          "LISTEN_ADDR=" + taken + ": cannot listen on this address: ",
          ": stop the program that listens there, or use another port");
    }
    assertRefused(
        listening("203.0.113.9:5379"),
        "LISTEN_ADDR=203.0.113.9:5379: cannot listen on this address: ",
        ": use an address of this machine, or 0.0.0.0 or [::] for all of them");
    assertRefused(
        listening("nosuch.invalid:5379"),
        "LISTEN_ADDR=nosuch.invalid:5379: cannot listen on this address: ",
        ": check the host, or use 0.0.0.0 or [::]");
  }

  private static Outcome listening(String address) {
    return Commands.run(
        Map.of("TRUSTED_ISSUERS", "https://issuer.example", "LISTEN_ADDR", address), "serve");
  }

  @Test
  void aHostWithAnUnderscoreCanBeCheckedWithoutTls() {
    Outcome outcome = Commands.run(Map.of(), "check", "--url", "wss://sync_server/api/v1/ws");
    assertThat(outcome.exitCode()).isEqualTo(2);
    assertThat(outcome.output()).contains("no certificate is valid for a host name with an");
    // The JVM of the tests resolves this name.
    assertThat(Commands.run(Map.of(), "check", "--url", "ws://sync_server:1/ws").output())
        .contains("no server listens there");
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
