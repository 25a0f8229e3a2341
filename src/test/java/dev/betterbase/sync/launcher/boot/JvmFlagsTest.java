package dev.betterbase.sync.launcher.boot;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JvmFlagsTest {
  private static final Path CACHE = Path.of("/opt/betterbase-sync.aot");
  private static final List<String> SMALL = List.of("-XX:+UseSerialGC", "-Xms64m");

  @Test
  void aSmallMachineGetsTheSerialCollectorAndASmallHeap() {
    assertThat(new JvmFlags(25, 1, null).toAdd(List.of("-jar", "x.jar"), Map.of()))
        .isEqualTo(SMALL);
    assertThat(new JvmFlags(22, 2, CACHE).toAdd(List.of("-jar", "x.jar"), Map.of()))
        .isEqualTo(SMALL);
    assertThat(new JvmFlags(25, 3, null).toAdd(List.of("-jar", "x.jar"), Map.of())).isEmpty();
  }

  @Test
  void aCacheBesideTheJarIsUsed() {
    assertThat(new JvmFlags(25, 8, CACHE).toAdd(List.of("-jar", "x.jar"), Map.of()))
        .containsExactly("-XX:AOTCache=/opt/betterbase-sync.aot");
    assertThat(new JvmFlags(24, 8, CACHE).toAdd(List.of("-jar", "x.jar"), Map.of())).isEmpty();
  }

  @Test
  void settingsGivenAsSystemPropertiesDoNotCountAsFlags() {
    assertThat(
            new JvmFlags(25, 2, null)
                .toAdd(List.of("-DLOG_FORMAT=json", "-jar", "x.jar", "serve", "--dev"), Map.of()))
        .isEqualTo(SMALL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-Xmx1g", "-XX:+UseZGC", "-javaagent:a.jar", "@flags", "--enable-preview", "-cp"})
  void noFlagIsAddedIfTheUserPassesOne(String flag) {
    assertThat(new JvmFlags(25, 2, CACHE).toAdd(List.of(flag, "-jar", "x.jar"), Map.of()))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"})
  void noFlagIsAddedIfAnEnvironmentVariableHasSome(String variable) {
    assertThat(
            new JvmFlags(25, 2, CACHE)
                .toAdd(List.of("-jar", "x.jar"), Map.of(variable, "-XX:+UseParallelGC")))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"check", "migrate", "--help", "federation-keygen"})
  void noFlagIsAddedToACommandThatEndsSoon(String command) {
    assertThat(new JvmFlags(25, 2, CACHE).toAdd(List.of("-jar", "x.jar", command), Map.of()))
        .isEmpty();
  }

  @Test
  void noFlagIsAddedWithoutAJar() {
    assertThat(new JvmFlags(25, 2, CACHE).toAdd(List.of("-cp", "classes", "Main"), Map.of()))
        .isEmpty();
    assertThat(new JvmFlags(25, 2, CACHE).toAdd(List.of(), Map.of())).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aCacheThatIsOlderThanTheJarIsNotUsed(@TempDir Path folder) throws Exception {
    Path jar = Files.createFile(folder.resolve("x.jar"));
    Path cache = JvmFlags.cacheOf(jar);
    assertThat(JvmFlags.isMadeFor(jar, cache)).isFalse();

    Files.createFile(cache);
    FileTime now = Files.getLastModifiedTime(cache);
    Files.setLastModifiedTime(cache, FileTime.from(now.toInstant().plusSeconds(1)));
    assertThat(JvmFlags.isMadeFor(jar, cache)).isTrue();

    // Another jar takes the place, with a modification time before that of the cache.
    Files.setLastModifiedTime(cache, FileTime.from(now.toInstant().minusSeconds(1)));
    Files.move(Files.createFile(folder.resolve("new.jar")), jar, REPLACE_EXISTING);
    Files.setLastModifiedTime(jar, FileTime.from(now.toInstant().minusSeconds(100)));
    assertThat(JvmFlags.isMadeFor(jar, cache)).isFalse();
  }
}
