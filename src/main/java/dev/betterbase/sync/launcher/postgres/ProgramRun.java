package dev.betterbase.sync.launcher.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that was run to its end.
 *
 * @param exitCode its exit code
 * @param output what it wrote to both outputs
 */
record ProgramRun(int exitCode, String output) {
  /**
   * Runs a program, in the C locale and without the variables that steer PostgreSQL's clients.
   *
   * @param outputFile takes its output while it runs; removed afterwards
   * @throws IOException where it cannot be started, or did not end within the limit
   */
  static ProgramRun of(List<String> command, Path outputFile, Duration limit) throws IOException {
    // A file and no pipe: programs that stay behind in the background would hold a pipe open.
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(outputFile.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("LC_ALL", "C");
    builder.environment().put("TZ", "UTC");
    Process process = builder.start();
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new IOException(command.getFirst() + " did not end within " + limit);
      }
      return new ProgramRun(process.exitValue(), Files.readString(outputFile));
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + command.getFirst() + " ran", e);
    } finally {
      Files.deleteIfExists(outputFile);
    }
  }
}
