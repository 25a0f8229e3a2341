package dev.betterbase.sync.bench;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Java program that is measured beside the server, from its start to its first HTTP answer. */
final class BareProcess implements AutoCloseable {
  private static final Path FOLDER = Path.of("target/bench/bare").toAbsolutePath();
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final long PAUSE_MILLIS = 20;

  private final Process process;
  private final int port;
  private final double seconds;

  private BareProcess(Process process, int port, double seconds) {
    this.process = process;
    this.port = port;
    this.seconds = seconds;
  }

  /**
   * Starts a program with the flags that the launcher gives to the server, and waits for its answer
   * to {@code GET /}.
   *
   * @param arguments those of java
   * @param port the port on loopback where the program listens
   * @param status the status of the answer
   */
  static BareProcess start(List<String> arguments, int port, int status) throws Exception {
    Files.createDirectories(FOLDER);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.getRuntime().availableProcessors() <= 2) {
      command.addAll(List.of("-XX:+UseSerialGC", "-Xms64m"));
    }
    command.addAll(arguments);
    long began = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .redirectOutput(FOLDER.resolve("output-" + port + ".log").toFile())
            .start();
    while (!answers(port, status)) {
      if (!process.isAlive() || System.nanoTime() - began > LONGEST_NANOS) {
        process.destroyForcibly();
        throw new IOException("no answer: see " + FOLDER);
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
    return new BareProcess(process, port, (System.nanoTime() - began) / 1e9);
  }

  private static boolean answers(int port, int status) {
    try {
      var connection =
          (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/").toURL().openConnection();
      connection.setReadTimeout(10_000);
      boolean right = connection.getResponseCode() == status;
      connection.disconnect();
      return right;
    } catch (IOException notYet) {
      return false;
    }
  }

  int port() {
    return port;
  }

  /** From the start of the process to its first answer. */
  double seconds() {
    return seconds;
  }

  /** Seconds of CPU time so far. */
  double cpu() {
    return CpuTime.of(process.pid());
  }

  @Override
  public void close() {
    process.destroy();
    process
        .onExit()
        .orTimeout(30, TimeUnit.SECONDS)
        .exceptionally(late -> process.destroyForcibly())
        .join();
  }
}
