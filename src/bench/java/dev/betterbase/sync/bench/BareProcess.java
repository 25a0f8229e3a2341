package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.Ports;
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
    List<String> command = new ArrayList<>();
    if (Runtime.getRuntime().availableProcessors() <= 2) {
      command.addAll(List.of("-XX:+UseSerialGC", "-Xms64m"));
    }
    command.addAll(arguments);
    long began = System.nanoTime();
    Process process = java(command, "output-" + port + ".log");
    while (!answers(port, status)) {
      if (!process.isAlive() || System.nanoTime() - began > LONGEST_NANOS) {
        process.destroyForcibly();
        throw new IOException("no answer: see " + FOLDER);
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
    return new BareProcess(process, port, (System.nanoTime() - began) / 1e9);
  }

  /**
   * Starts a program of this class path that listens on a free port and answers {@code GET /} with
   * 404.
   *
   * @param program a class with a main method, whose first argument is the port
   * @param arguments the arguments after the port
   */
  static BareProcess start(Class<?> program, String... arguments) throws Exception {
    int port = Ports.free();
    List<String> command = new ArrayList<>();
    command.addAll(List.of("-classpath", System.getProperty("java.class.path")));
    command.addAll(List.of(program.getName(), Integer.toString(port)));
    command.addAll(List.of(arguments));
    return start(command, port, 404);
  }

  /** Runs a program that ends by itself. */
  static void run(String... arguments) throws IOException, InterruptedException {
    Process process = java(List.of(arguments), "output.log");
    try {
      if (!process.waitFor(LONGEST_NANOS, TimeUnit.NANOSECONDS) || process.exitValue() != 0) {
        throw new IOException("the program failed: see " + FOLDER);
      }
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process java(List<String> arguments, String log) throws IOException {
    Files.createDirectories(FOLDER);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .directory(FOLDER.toFile())
        .redirectErrorStream(true)
        .redirectOutput(FOLDER.resolve(log).toFile())
        .start();
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
        .orTimeout(LONGEST_NANOS, TimeUnit.NANOSECONDS)
        .exceptionally(late -> process.destroyForcibly())
        .join();
  }
}
