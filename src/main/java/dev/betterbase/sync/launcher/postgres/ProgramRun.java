package dev.betterbase.sync.launcher.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The outcome of a program that has ended.
 *
 * @param exitCode its exit code
 * @param output its standard output and standard error
 */
record ProgramRun(int exitCode, String output) {
  /**
   * Runs a program in the C locale, without the environment variables of PostgreSQL's clients.
   *
   * @param outputFile a file for the output, deleted afterwards
   * @throws IOException if the program cannot be started or does not end within the limit
   */
  static ProgramRun of(List<String> command, Path outputFile, Duration limit) throws IOException {
    // A file, because a program that stays in the background would keep a pipe open.
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
