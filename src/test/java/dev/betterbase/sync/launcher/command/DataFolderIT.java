package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands on a data folder in unusual places and with unusual owners, and within limits of the
 * system. They use {@code migrate}, which opens the folder as {@code serve} does.
 */
@IntegrationTest
@Timeout(300)
@Order(1)
class DataFolderIT {
  /** A user and group without a name. */
  private static final String UNLISTED = "12345";

  private static final List<String> AS_UNLISTED =
      List.of("setpriv", "--reuid=" + UNLISTED, "--regid=" + UNLISTED, "--clear-groups");

  private record Outcome(int code, String output) {}

  @Test
  void pathsThatTheLocaleCannotExpressAreRefused(@TempDir Path parent) throws Exception {
    String inFolder = "mkdir -p \"$(printf 'donn\\303\\251es')\"; cd donn*es; exec \"$@\"";

    Outcome database =
        run(parent, Map.of("LC_ALL", "C"), List.of("sh", "-c", inFolder, "sh"), "migrate");

    assertThat(database.output())
        .hasLineCount(1)
        .startsWith("betterbase-sync: the path of the data folder, ")
        .contains("start the server with LC_ALL=C.UTF-8");
    assertThat(database.code()).isEqualTo(1);
    try (Stream<Path> folders = Files.walk(parent)) {
      assertThat(folders).as("the parent and the folder of the test").hasSize(2);
    }

    Outcome files =
        run(
            parent,
            Map.of(
                "LC_ALL", "C",
                "TRUSTED_ISSUERS", "https://issuer.example",
                "DATABASE_URL", "postgres://user@127.0.0.1:1/none",
                "FILE_STORAGE", "local"),
            List.of("sh", "-c", inFolder, "sh"),
            "serve");

    assertThat(files.output())
        .hasLineCount(1)
        .startsWith("betterbase-sync: FILE_STORAGE_PATH=./data/files: expected ")
        .contains("start the server with LC_ALL=C.UTF-8");
    assertThat(files.code()).isEqualTo(1);
  }

  @Test
  void pathsThatAShellReadsOtherwiseAreRefused(@TempDir Path parent) throws Exception {
    Path folder = Files.createDirectory(parent.resolve("my$HOME"));

    Outcome refused = run(folder, Map.of(), List.of(), "migrate");

    assertThat(refused.output())
        .hasLineCount(1)
        .startsWith("betterbase-sync: the path of the data folder, " + folder.resolve("data"))
        .contains("start the server in a folder without \", $, ` and line ends in its path");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(folder).isEmptyDirectory();
  }

  /** Kubernetes does this with {@code fsGroup}, and Docker with {@code --user 12345}. */
  @Test
  @NightlyTest
  @EnabledIfSystemProperty(named = "user.name", matches = "root")
  void aUserWithoutANameUsesAFolderOfItsGroup(@TempDir Path parent) throws Exception {
    Path data = dataOfUnlistedGroup(parent, "2770");

    assertThat(run(parent, Map.of(), AS_UNLISTED, "migrate"))
        .satisfies(first -> assertThat(first.output()).contains("Made the schema"))
        .extracting(Outcome::code)
        .isEqualTo(0);

    // As Kubernetes does with the volume when the pod starts again.
    command("chmod", "-R", "g+rwX", data.toString());
    assertThat(run(parent, Map.of(), AS_UNLISTED, "migrate"))
        .satisfies(next -> assertThat(next.output()).contains("The schema is up to date."))
        .extracting(Outcome::code)
        .isEqualTo(0);
  }

  @Test
  @EnabledIfSystemProperty(named = "user.name", matches = "root")
  void whatAUserMayNotUseIsRefused(@TempDir Path parent) throws Exception {
    Path data = dataOfUnlistedGroup(parent, "2750");

    Outcome refused = run(parent, Map.of(), AS_UNLISTED, "migrate");
    assertThat(refused.output())
        .hasLineCount(1)
        .startsWith("betterbase-sync: cannot use the data folder ")
        .contains("no permission for " + data);
    assertThat(refused.code()).isEqualTo(1);

    Map<String, String> lowPort =
        Map.of("TRUSTED_ISSUERS", "https://issuer.example", "LISTEN_ADDR", "127.0.0.1:80");
    Outcome port = run(parent, lowPort, AS_UNLISTED, "serve");
    assertThat(port.output())
        .hasLineCount(1)
        .startsWith("betterbase-sync: LISTEN_ADDR=127.0.0.1:80: cannot listen on this address: ")
        .contains(": use a port from 1024 on, or give the process the capability ");
    assertThat(port.code()).isEqualTo(1);
  }

  /** A data folder, and beside it a copy of the jar, since others may not read that in target. */
  private static Path dataOfUnlistedGroup(Path parent, String mode) throws Exception {
    Path jar = Files.copy(ServerProcess.JAR, parent.resolve("betterbase-sync.jar"));
    command("chmod", "755", parent.toString(), jar.toString());
    Path data = Files.createDirectory(parent.resolve("data"));
    command("chgrp", UNLISTED, data.toString());
    command("chmod", mode, data.toString());
    return data;
  }

  @Test
  void limitsThatAreTooLowAreRefused(@TempDir Path parent) throws Exception {
    List<String> fewFiles = List.of("sh", "-c", "ulimit -n 256 && exec \"$@\"", "sh");
    Outcome files = run(parent, Map.of(), fewFiles, "serve");
    assertThat(files.output())
        .hasLineCount(1)
        .startsWith("betterbase-sync: this process may open only 256 files, and needs 1024: raise");
    assertThat(files.code()).isEqualTo(1);

    // A container that is limited to 256 MiB gives the JVM this heap.
    List<String> littleMemory = List.of("env", "JDK_JAVA_OPTIONS=-Xmx64m");
    Outcome heap =
        run(parent, Map.of("TRUSTED_ISSUERS", "https://issuer.example"), littleMemory, "serve");
    assertThat(heap.output().lines().filter(line -> !line.startsWith("NOTE: ")))
        .singleElement()
        .asString()
        .startsWith("betterbase-sync: the heap may have only 6")
        .contains("set a larger -Xmx, or raise the limit of memory");
    assertThat(heap.code()).isEqualTo(1);
  }

  private static Outcome run(
      Path folder, Map<String, String> environment, List<String> prefix, String argument)
      throws IOException, InterruptedException {
    Path copy = folder.resolve("betterbase-sync.jar");
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ServerProcess.shortLivedJvm());
    command.addAll(
        List.of("-jar", (Files.exists(copy) ? copy : ServerProcess.JAR).toString(), argument));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeAll(List.of("HOME", "LANG", "LC_ALL", "LC_CTYPE"));
    builder.environment().putAll(environment);
    return outcome(builder);
  }

  private static void command(String... words) throws IOException, InterruptedException {
    Outcome outcome = outcome(new ProcessBuilder(words).redirectErrorStream(true));
    assertThat(outcome.code()).as(outcome::output).isZero();
  }

  private static Outcome outcome(ProcessBuilder builder) throws IOException, InterruptedException {
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Outcome(process.exitValue(), output);
  }
}
