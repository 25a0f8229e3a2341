package dev.betterbase.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The client that app developers take (docs/client.md), under Node.js: its own tests, which read
 * the vectors too. Without Node.js there is nothing to run, but in CI it must be there.
 */
class ClientModuleTest {
  private static final Path TESTS = Path.of("src/test/javascript");

  @Test
  void itsOwnTestsPass() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("node", "--test"));
    try (Stream<Path> files = Files.list(TESTS)) {
      files.map(Path::toString).filter(file -> file.endsWith(".test.js")).forEach(command::add);
    }
    Process node;
    try {
      node = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException missing) {
      assumeThat(System.getenv("CI")).as("Node.js is not installed").isNotNull();
      fail("The tests of the client need Node.js 20 or newer", missing);
      return;
    }
    String output = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(node.waitFor()).as(output).isZero();
    assertThat(output).containsPattern("(?m)^# tests [1-9]\\d").contains("# fail 0");
  }
}
