package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestPostgres;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * The packaged jar as a process of its own: its commands other than a running server, and refused
 * starts (config.md). {@link RefusedStartTest} and {@link DatabaseCommandsIT} have the other cases.
 */
@IntegrationTest
@Order(1)
class CommandLineIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String ISSUER = "https://issuer.example";

  private record Outcome(int exitCode, String output) {}

  private static Outcome run(ServerProcess.Builder options) throws IOException {
    Path temporary = Files.createTempDirectory("command-line");
    try (ServerProcess process =
        options.name("command").jvm("-Djava.io.tmpdir=" + temporary).launch()) {
      Outcome outcome = new Outcome(process.awaitExit(LIMIT), process.output());
      try (Stream<Path> left = Files.list(temporary)) {
        assertThat(left.filter(path -> !path.endsWith("hsperfdata_root"))).isEmpty();
      }
      return outcome;
    }
  }

  private static ServerProcess.Builder command(String... arguments) {
    return ServerProcess.builder().arguments(arguments);
  }

  private static void assertRefused(ServerProcess.Builder options, String line) throws IOException {
    Outcome outcome = run(options);
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.output()).startsWith("betterbase-sync: " + line);
    assertThat(outcome.output().lines()).hasSize(1);
    assertThat(outcome.output()).doesNotContain("secret0123");
  }

  @Test
  void versionIsPrinted() throws IOException {
    Outcome version = run(command("--version"));
    assertThat(version.exitCode()).isZero();
    assertThat(version.output()).matches("betterbase-sync \\d+\\.\\d+\\.\\d+\\S*\n");
  }

  @Test
  void anOutputThatCannotBeWrittenIsAFailure() throws IOException {
    assertRefused(command("--version").after("exec >/dev/full"), "the output could not be written");
  }

  /** The program begins when the reader has gone, as {@code head} does after what it wants. */
  @Test
  void aReaderThatHasReadEnoughIsNoFailure() throws IOException {
    Outcome outcome =
        run(
            command("--help")
                .prefix(
                    "bash",
                    "-c",
                    "{ trap '' PIPE; while printf x; do :; done 2>/dev/null; \"$@\"; } | :;"
                        + " exit ${PIPESTATUS[0]}",
                    "bash"));
    assertThat(outcome.output()).isEmpty();
    assertThat(outcome.exitCode()).isEqualTo(141);
  }

  /** It would be the name of another person. */
  @Test
  void anArgumentThatTheLocaleCannotExpressIsRefused() throws IOException {
    String name = "exec \"$@\" \"$(printf 'm\\303\\274ller')\"";
    assertRefused(
        command("admin", "person", "show", ISSUER)
            .with("LC_ALL", "C")
            .prefix("sh", "-c", name, "sh"),
        "an argument has characters outside the locale's character set");
  }

  @Test
  void serveIsTheDefaultCommandAndNeedsAnIssuer() throws IOException {
    assertRefused(command(), "TRUSTED_ISSUERS is not set");
  }

  @Test
  void aSystemPropertyIsASettingToo() throws IOException {
    assertRefused(
        command("serve").with("TRUSTED_ISSUERS", ISSUER).jvm("-DLISTEN_ADDR=nowhere"),
        "LISTEN_ADDR=nowhere: expected host:port");
  }

  @Test
  void aPortInUseIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertRefused(
          command("serve").with("TRUSTED_ISSUERS", ISSUER).with("LISTEN_ADDR", address),
          "LISTEN_ADDR=" + address + ": cannot listen on this address");
    }
  }

  @Test
  void anUnreachableDatabaseIsNamedWithoutItsPassword() throws IOException {
    int port = Ports.free();
    assertRefused(
        command("serve")
            .with("TRUSTED_ISSUERS", ISSUER)
            .with("DATABASE_URL", "postgres://u:secret0123@127.0.0.1:" + port + "/sync"),
        "no connection to the database 127.0.0.1:" + port + "/sync");
  }

  @Test
  void migrateNeedsNoIssuer() throws IOException {
    String url = TestPostgres.shared().newDatabase().url();

    Outcome migrate = run(command("migrate").with("DATABASE_URL", url));
    assertThat(migrate.exitCode()).isZero();
    assertThat(migrate.output()).contains("Applied migration 1");
  }

  /** An old Java must be able to run the main class, which starts a newer one. */
  @Test
  void theMainClassRunsOnJava8() throws IOException {
    try (JarFile jar = new JarFile(ServerProcess.JAR.toFile())) {
      String main = jar.getManifest().getMainAttributes().getValue("Main-Class");
      try (DataInputStream type =
          new DataInputStream(
              jar.getInputStream(jar.getEntry(main.replace('.', '/') + ".class")))) {
        assertThat(type.readInt()).isEqualTo(0xCAFEBABE);
        assertThat(type.readUnsignedShort()).isZero();
        assertThat(type.readUnsignedShort()).isEqualTo(52);
      }
    }
  }
}
