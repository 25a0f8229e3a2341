package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.JvmState;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The jar also runs on a Java that is older than the one that makes it. */
@IntegrationTest
@EnabledOnOs(OS.LINUX)
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OlderJavaIT {
  private static final Path INSTALLED = Path.of("/usr/lib/jvm");

  /** What a policy grants rights to, by a property that Payara's launcher would set. */
  private static final Pattern GRANTED =
      Pattern.compile("(?m)^grant codeBase \"[^\"]*\\$\\{(fish\\.payara\\.[^}]+)}");

  /**
   * A Java up to 23 asks the policy of Payara who may look up its services. A newer Java has no
   * policies, so only this shows here that the policy names the jars that are in use.
   */
  @Test
  void thePolicyOfPayaraGrantsRightsToTheUnpackedJars() throws Exception {
    Properties properties = JvmState.properties(TestServer.shared().process().pid());
    Path launchJar = Path.of(properties.getProperty("java.class.path"));
    assertThat(propertiesOfPolicy())
        .containsExactlyInAnyOrder("fish.payara.micro.BootJar", "fish.payara.micro.UnpackDir");
    assertThat(properties.getProperty("fish.payara.micro.BootJar"))
        .isEqualTo(launchJar.toUri().toString());
    assertThat(properties.getProperty("fish.payara.micro.UnpackDir"))
        .isEqualTo(String.valueOf(launchJar.getParent()));
  }

  private static List<String> propertiesOfPolicy() throws IOException {
    try (JarFile jar = new JarFile(ServerProcess.JAR.toFile())) {
      byte[] policy =
          jar.getInputStream(jar.getEntry("MICRO-INF/domain/server.policy")).readAllBytes();
      return GRANTED
          .matcher(new String(policy, StandardCharsets.UTF_8))
          .results()
          .map(found -> found.group(1))
          .toList();
    }
  }

  @Test
  void theOldestJavaThatIsSupported() throws Exception {
    Optional<Path> java = oldest();
    assumeTrue(java.isPresent(), "no Java 21 in " + INSTALLED);
    List<String> jar = List.of(java.orElseThrow().toString(), "-jar", ServerProcess.JAR.toString());
    try (ServerProcess server =
        ServerProcess.dev().name("older-java").command(with(jar, "serve", "--dev")).start()) {
      String url = "ws://127.0.0.1:" + server.port() + "/api/v1/ws";
      Process check = new ProcessBuilder(with(jar, "check", "--url", url)).inheritIO().start();
      assertThat(check.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(check.exitValue()).isZero();
      assertThat(server.stop()).isEqualTo(143);
    }
  }

  private static List<String> with(List<String> jar, String... arguments) {
    return Stream.concat(jar.stream(), Stream.of(arguments)).toList();
  }

  private static Optional<Path> oldest() {
    if (!Files.isDirectory(INSTALLED)) {
      return Optional.empty();
    }
    try (Stream<Path> homes = Files.list(INSTALLED)) {
      return homes.filter(OlderJavaIT::is21).map(home -> home.resolve("bin/java")).findAny();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean is21(Path home) {
    Path release = home.resolve("release");
    try {
      return Files.isExecutable(home.resolve("bin/java"))
          && Files.isRegularFile(release)
          && Files.readString(release).contains("JAVA_VERSION=\"21");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
