package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service of systemd (deploying.md), as the tools of systemd judge it. */
@IntegrationTest
class SystemdUnitIT {
  private static final Path FOLDER = Path.of("server-config/systemd").toAbsolutePath();
  private static final String UNIT = FOLDER.resolve("betterbase-sync.service").toString();

  private static String run(int expected, String... command)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isEqualTo(expected);
    return output;
  }

  @Test
  void theUnitHasNoMistake() throws Exception {
    assertThat(run(0, "systemd-analyze", "verify", UNIT)).isBlank();
  }

  /** The exposure is from 0 to 10 there; the threshold is ten times that. */
  @Test
  void theServiceReachesLittle() throws Exception {
    run(0, "systemd-analyze", "security", "--offline=true", "--threshold=20", UNIT);
  }

  @Test
  void theUserIsMade(@TempDir Path root) throws Exception {
    Files.createDirectory(root.resolve("etc"));
    run(
        0,
        "systemd-sysusers",
        "--root=" + root,
        FOLDER.resolve("betterbase-sync.sysusers").toString());
    assertThat(Files.readAllLines(root.resolve("etc/passwd")))
        .singleElement()
        .asString()
        .startsWith("betterbase-sync:")
        .contains(":/var/lib/betterbase-sync:");
  }
}
