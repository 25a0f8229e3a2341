package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The secrets of compose.yaml, as deploying.md (Docker Compose) makes them. */
final class ComposeSecrets {
  private ComposeSecrets() {}

  /** Runs the commands of the page in a folder. */
  static void makeIn(Path folder) throws IOException, InterruptedException {
    String page = Files.readString(Path.of("docs/deploying.md"));
    int begin = page.indexOf("mkdir -m 700 secrets");
    String commands = page.substring(begin, page.indexOf("```", begin));
    Process process =
        new ProcessBuilder("bash", "-euc", commands)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }
}
