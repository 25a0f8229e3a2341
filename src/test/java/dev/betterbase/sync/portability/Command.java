package dev.betterbase.sync.portability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs of a server, with their output in a file below {@code target}. */
final class Command {
  private static final long LIMIT_SECONDS = 180;

  private final Path log;
  private final Map<String, String> environment;

  Command(Path log, Map<String, String> environment) {
    this.log = log;
    this.environment = environment;
  }

  /** Runs a program to its end, which has to be a good one. */
  void run(List<String> line) {
    Process process = start(line);
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(line + " takes too long, see " + log);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException(
          line + " ends with " + process.exitValue() + ", see " + log + ":\n" + output());
    }
  }

  /** Starts a program that stays. */
  Process start(List<String> line) {
    try {
      Files.createDirectories(log.getParent());
      ProcessBuilder builder = new ProcessBuilder(line);
      builder.environment().putAll(environment);
      // The JDK of the tests, whatever the machine's default.
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      builder.environment().put("AS_JAVA", System.getProperty("java.home"));
      // Programs and servers of seconds; the optimising compiler would cost more than it gains.
      builder.environment().put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1");
      builder.redirectErrorStream(true);
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What all of them have printed so far. */
  String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
