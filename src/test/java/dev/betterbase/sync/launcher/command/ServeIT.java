package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.JvmState;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The life of a development server, and of the next one in the same folder. */
@IntegrationTest
@Order(1)
class ServeIT {
  @Test
  @Timeout(300)
  void forgetsTheClassesThatOnlyItsStartNeeded() throws Exception {
    long pid = TestServer.shared().process().pid();
    String kept = "org.postgresql.ds.PGSimpleDataSource";
    assertThat(classHierarchy(pid, kept)).contains(kept);
    String forgotten = "org.flywaydb.core.Flyway";
    assertThat(classHierarchy(pid, forgotten)).doesNotContain(forgotten + "/");
  }

  private static String classHierarchy(long pid, String name) throws Exception {
    return JvmState.jcmd(pid, "VM.class_hierarchy", name);
  }

  /** A pattern that the JVM does not take would leave it without any. */
  @Test
  @Timeout(300)
  void theJvmKnowsWhichCodeIsLeftToC1() throws Exception {
    assertThat(JvmState.jcmd(TestServer.shared().process().pid(), "Compiler.directives_print"))
        .contains("org/jvnet/hk2/*.*", "java/lang/reflect/Proxy.newProxyInstance");
  }

  @Test
  @NightlyTest
  @Timeout(600)
  void startsAgainAfterAKillAndStopsCleanly(@TempDir Path temporary) throws Exception {
    try (ServerProcess server =
        ServerProcess.dev()
            .jvm("-Djava.io.tmpdir=" + temporary)
            .with("LOG_FORMAT", "json")
            // The smallest pool that is allowed, on a database that does not exist yet.
            .with("DATABASE_POOL_SIZE", "4")
            .start()) {
      assertThat(server.output())
          .contains("listening on 127.0.0.1:" + server.port())
          .contains("DEVELOPMENT MODE");
      // Whoever cleans the folder of temporary files takes nothing from a running server.
      assertThat(names(temporary)).allMatch(name -> name.startsWith("hsperfdata"));
      assertThat(server.output().lines()).allMatch(line -> line.startsWith("{\"time\":\""));
      assertThat(names(server.folder())).containsExactly("data");
      Path data = server.folder().resolve("data");
      assertThat(permissions(data)).isEqualTo("rwx------");
      assertThat(permissions(data.resolve("dev-issuer.jwk"))).isEqualTo("rw-------");
      String key = Files.readString(data.resolve("dev-issuer.jwk"));

      server.kill();
      assertThat(server.postmaster()).isPresent();
      server.start();
      assertThat(Files.readString(data.resolve("dev-issuer.jwk"))).isEqualTo(key);

      assertThat(server.stop()).isEqualTo(143);
      assertThat(server.postmaster()).isEmpty();
      assertThat(data.resolve("postgres/postmaster.pid")).doesNotExist();
      assertThat(server.output()).contains("\"Stopping\"", "\"Stopped\"");
      assertThat(names(temporary)).allMatch(name -> name.startsWith("hsperfdata"));
    }
  }

  /** As two servers with one port that are started at the same time. */
  @Test
  @NightlyTest
  @Timeout(600)
  void aPortThatIsTakenDuringTheStartIsRefused() throws Exception {
    try (ServerProcess server = ServerProcess.dev().name("port-taken").launch()) {
      Awaitility.await()
          .atMost(Duration.ofMinutes(4))
          .until(() -> server.output().contains("Made the schema") || !server.isAlive());
      try (ServerSocket other =
          new ServerSocket(server.port(), 1, InetAddress.getLoopbackAddress())) {
        assertThat(server.awaitExit(Duration.ofMinutes(4))).isEqualTo(1);
        assertThat(server.output())
            .contains(
                "betterbase-sync: LISTEN_ADDR=127.0.0.1:"
                    + other.getLocalPort()
                    + ": another program has taken this port while the server started: stop that"
                    + " program, or use another port\n");
      }
      assertThat(server.postmaster()).isEmpty();
    }
  }

  /** A terminal that is paused (Ctrl-S), or a program behind a pipe that hangs. */
  @Test
  @NightlyTest
  @Timeout(600)
  void aLogThatNobodyReadsHoldsUpNothing() throws Exception {
    String fillPipe = "mkfifo unread && exec 2<>unread && head -c 65536 /dev/zero >&2";
    try (ServerProcess server = ServerProcess.dev().name("unread").after(fillPipe).start()) {
      assertThat(server.health()).contains(200);
      assertThat(server.stop()).isEqualTo(143);
      assertThat(server.postmaster()).isEmpty();
    }
  }

  /**
   * This user has no home, so the server unpacks itself into a temporary folder and does not start
   * its program again. The path of the jar has characters that mean something in a URL. The test is
   * needed only if the tests run as root.
   */
  @Test
  @NightlyTest
  @Timeout(600)
  @EnabledIfSystemProperty(named = "user.name", matches = "root")
  void runsAsAnOrdinaryUser(@TempDir(cleanup = CleanupMode.NEVER) Path folder) throws Exception {
    Path jar = Files.createDirectory(folder.resolve("jars! #%20+;")).resolve("x!.jar");
    Files.copy(ServerProcess.JAR, jar);
    Path run = Files.createDirectory(folder.resolve("run"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (Path path : List.of(jar, run)) {
      Files.setOwner(
          path,
          path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
    }
    int port = Ports.free();
    Path log = folder.resolve("log");
    ProcessBuilder builder =
        command(run, List.of("setpriv", "--reuid=nobody", "--clear-groups"), port)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.command().set(builder.command().indexOf("-jar") + 1, jar.toString());
    Process server = builder.start();
    try {
      Awaitility.await()
          .atMost(Duration.ofMinutes(4))
          .until(() -> !server.isAlive() || health(port) == 200);
      assertThat(server.isAlive()).as(() -> read(log)).isTrue();
      assertThat(Files.getOwner(run.resolve("data/postgres")).getName()).isEqualTo("nobody");
    } finally {
      server.destroy();
      assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(run.resolve("data/postgres/postmaster.pid")).doesNotExist();
    delete(folder);
  }

  private static ProcessBuilder command(Path folder, List<String> prefix, int port) {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ServerProcess.shortLivedJvm());
    command.addAll(List.of("-Xmx256m", "-jar", ServerProcess.JAR.toString(), "serve", "--dev"));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("LISTEN_ADDR", "127.0.0.1:" + port);
    return builder;
  }

  static int health(int port) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + "/health").toURL().openConnection();
      connection.setConnectTimeout(2_000);
      connection.setReadTimeout(10_000);
      return connection.getResponseCode();
    } catch (IOException e) {
      return 0;
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(path -> path.getFileName().toString()).toList();
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
