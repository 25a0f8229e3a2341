package dev.betterbase.sync.portability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the programs of a server, with their output in a log file. */
final class Command {
  private static final long LIMIT_SECONDS = 180;

  /**
   * In processes that live for seconds, the optimizing compiler costs more than it gains. Without
   * soft references, a full collection frees all that memory pressure would free.
   */
  private static final String JVM_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:SoftRefLRUPolicyMSPerMB=0";

  private final Path log;
  private final Map<String, String> environment;

  Command(Path log, Map<String, String> environment) {
    this.log = log;
    this.environment = environment;
  }

  /** Runs a program until it ends, and fails unless its exit code is 0. */
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

  /** Starts a program without waiting for its end. */
  Process start(List<String> line) {
    try {
      Files.createDirectories(log.getParent());
      ProcessBuilder builder = new ProcessBuilder(line);
      builder.environment().putAll(environment);
      // Uses the JDK of the tests, not the default of the machine.
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      builder.environment().put("AS_JAVA", System.getProperty("java.home"));
      builder.environment().putIfAbsent("JDK_JAVA_OPTIONS", JVM_OPTIONS);
      builder.redirectErrorStream(true);
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The output of all programs so far. */
  String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
