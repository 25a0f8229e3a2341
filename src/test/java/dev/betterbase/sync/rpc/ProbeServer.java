package dev.betterbase.sync.rpc;

import dev.betterbase.sync.testing.PayaraMicroJar;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.WebSocketWire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Payara Micro as distributed, with the probe application, in a process of its own on loopback. */
public final class ProbeServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);

  private final Process process;
  private final Path folder;
  private final Path log;
  private final int port;

  private ProbeServer(String heap, List<String> jvmArguments) throws IOException {
    Path parent = Files.createDirectories(Path.of("target", "probe")).toAbsolutePath();
    folder = Files.createTempDirectory(parent, "server-");
    log = folder.resolve("log.txt");
    port = Ports.free();
    Path war = folder.resolve("probe.war");
    ProbeArchive.writeTo(war);
    Path listener = folder.resolve("listener.asadmin");
    // As the uber-jar sets it.
    Files.writeString(
        listener,
        "set configs.config.server-config.network-config.protocols.protocol.http-listener.http."
            + "header-buffer-length-bytes=131072\n");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heap);
    command.addAll(jvmArguments);
    command.addAll(
        List.of(
            "-jar",
            PayaraMicroJar.path().toString(),
            "--nohazelcast",
            "--nocluster",
            "--rootdir",
            folder.resolve("root").toString(),
            "--prebootcommandfile",
            listener.toString(),
            "--port",
            Integer.toString(port),
            "--deploy",
            war.toString(),
            "--contextroot",
            "/"));
    process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    // If the run is aborted, the process ends with it.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
  }

  private static final class Shared {
    static final ProbeServer INSTANCE = start("512m", ServerProcess.shortLivedJvm());
  }

  /** The server that all tests of this JVM share, with a heap of 512 MiB; never close it. */
  static ProbeServer shared() {
    return Shared.INSTANCE;
  }

  /** Starts a server and waits until it answers. */
  public static ProbeServer start(String heap, List<String> jvmArguments) {
    try {
      var server = new ProbeServer(heap, jvmArguments);
      server.awaitReady();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady() throws IOException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        String output = output();
        close();
        throw new IllegalStateException("the probe does not start: " + output);
      }
    }
  }

  private boolean answers() {
    try (WebSocketWire wire = WebSocketWire.connect(port, 0)) {
      return wire.handshake("/upgrade", "Sec-WebSocket-Protocol: " + ProbeApplication.SUBPROTOCOL)
              .status()
          == 101;
    } catch (UncheckedIOException | AssertionError notYet) {
      pause();
      return false;
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The port that it listens on. */
  public int port() {
    return port;
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** The log so far. */
  public String output() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
