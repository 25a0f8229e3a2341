package dev.betterbase.sync.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every command of operating.md is run by a test: here is which test runs what. */
class OperatingPageTest {
  @Test
  void noBlockHasCommandsThatNoTestRuns() throws IOException {
    String page = Files.readString(Path.of("docs/operating.md"));
    assertThat(Pattern.compile("(?m)^```(.+)$").matcher(page).results())
        .extracting((MatchResult block) -> block.group(1))
        // All of payara and wildfly: PortabilityIT. All of wildfly-telemetry: TracesPortabilityIT.
        .containsOnly("sh", "payara", "wildfly", "wildfly-telemetry");
    assertThat(OperatingPage.commands("sh"))
        .containsExactly(
            // DatabaseCommandsIT
            "java -jar betterbase-sync.jar migrate --check",
            // RedeployPortabilityIT, on each server
            "asadmin deploy --force=true betterbase-sync.war",
            "jboss-cli.sh --connect --command=\"deploy --force betterbase-sync.war\"");
  }
}
