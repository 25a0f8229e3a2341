package dev.betterbase.sync.testing;

import dev.betterbase.sync.settings.FileStorage;
import dev.betterbase.sync.settings.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * An S3 server (S3Proxy, which stores objects in a folder) in its own process on loopback, with one
 * bucket. It refuses requests that are not signed with its key, and checks the signature of each
 * chunk of a body. It can be stopped and started again on the same port and folder. The build puts
 * its jar into {@code target/tools}.
 */
public final class S3Server implements AutoCloseable {
  private static final Path PROGRAM = Path.of("target/tools/s3proxy.jar");
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final String BUCKET = "files";
  private static final String REGION = "eu-test-1";

  /** The path of the server, as behind a reverse proxy. */
  private static final String PREFIX = "/storage";

  private final int port = Ports.free();
  private final String accessKey = "test-" + UUID.randomUUID();
  private final String secretKey = UUID.randomUUID().toString();
  private final Path folder;
  private Process process;

  private S3Server() throws IOException {
    folder = Files.createDirectories(Path.of("target/servers").resolve("s3-" + port));
    Files.createDirectories(data().resolve(BUCKET));
    Files.writeString(
        folder.resolve("s3proxy.conf"),
        String.join(
            "\n",
            "s3proxy.endpoint=http://127.0.0.1:" + port,
            "s3proxy.service-path=" + PREFIX,
            "s3proxy.authorization=aws-v4",
            "s3proxy.identity=" + accessKey,
            "s3proxy.credential=" + secretKey,
            "jclouds.provider=filesystem-nio2",
            "jclouds.filesystem.basedir=" + data().toAbsolutePath()));
    Files.writeString(
        folder.resolve("logback.xml"),
        "<configuration><appender name='out' class='ch.qos.logback.core.ConsoleAppender'><encoder>"
            + "<pattern>%d %level %logger{0} %msg%n</pattern></encoder></appender>"
            + "<root level='info'><appender-ref ref='out'/></root></configuration>");
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  /** A new server, which the caller closes. */
  public static S3Server start() {
    try {
      S3Server server = new S3Server();
      server.up();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts the process, the first time or again. */
  public synchronized void up() {
    ProcessBuilder builder;
    try {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-Xmx256m");
      command.addAll(ServerProcess.shortLivedJvm());
      command.add("-Dlogback.configurationFile=" + folder.resolve("logback.xml"));
      command.addAll(List.of("-cp", PROGRAM.toString()));
      command.add("org.gaul.s3proxy.Main");
      command.addAll(List.of("--properties", folder.resolve("s3proxy.conf").toString()));
      builder = new ProcessBuilder(command);
      builder
          .redirectErrorStream(true)
          .redirectOutput(
              ProcessBuilder.Redirect.appendTo(
                  folder.resolveSibling("s3-" + port + ".log").toFile()));
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new AssertionError("no S3 server: see " + folder + ".log");
      }
      sleep();
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Kills the process, like a crash. Its objects stay. */
  public synchronized void down() {
    try {
      process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The folder with the objects of the bucket; each object is a file that is named by its key. */
  public Path objects() {
    return data().resolve(BUCKET);
  }

  private Path data() {
    return folder.resolve("data");
  }

  /** The settings of a server that stores its files here. The endpoint has a path and a slash. */
  public FileStorage.S3 settings() {
    return settings("127.0.0.1");
  }

  /** The same settings with another name of loopback. */
  public FileStorage.S3 settings(String host) {
    return new FileStorage.S3(
        URI.create("http://" + host + ":" + port + PREFIX + "/"),
        new Secret(accessKey),
        new Secret(secretKey),
        BUCKET,
        REGION);
  }

  /** The same settings as environment variables, for the region {@code auto}. */
  public Map<String, String> environment() {
    return Map.of(
        "FILE_STORAGE_BACKEND",
        "s3",
        "FILE_S3_ENDPOINT",
        "127.0.0.1:" + port + PREFIX,
        "FILE_S3_USE_SSL",
        "false",
        "FILE_S3_ACCESS_KEY",
        accessKey,
        "FILE_S3_SECRET_KEY",
        secretKey,
        "FILE_S3_BUCKET",
        BUCKET,
        "FILE_S3_REGION",
        "auto");
  }

  @Override
  public void close() {
    down();
    try {
      if (Files.exists(folder)) {
        try (Stream<Path> files = Files.walk(folder)) {
          for (Path file : List.copyOf(files.sorted(Comparator.reverseOrder()).toList())) {
            Files.deleteIfExists(file);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
