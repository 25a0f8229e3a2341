package dev.betterbase.sync.launcher.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JvmFlagsTest {
  private static final Path CACHE = Path.of("/cache/java-25.aot");
  private static final String USED = "-XX:AOTCache=/cache/java-25.aot";
  private static final long HEAP = 384L << 20;
  private static final List<String> SMALL =
      List.of(
          "-XX:+UseSerialGC",
          "-Xms112m",
          "-Xmn64m",
          "-XX:SurvivorRatio=2",
          "-XX:TargetSurvivorRatio=90",
          "-XX:MinHeapFreeRatio=10",
          "-XX:MaxHeapFreeRatio=20",
          "-XX:TrimNativeHeapInterval=5000");

  @Test
  void aSmallMachineGetsTheSerialCollectorAndASmallHeap() {
    assertThat(new JvmFlags(25, 1, HEAP, true, false, false, null).toAdd(List.of(), Map.of()))
        .isEqualTo(SMALL);
    assertThat(new JvmFlags(25, 2, HEAP, true, false, false, null).toAdd(List.of(), Map.of()))
        .isEqualTo(SMALL);
    assertThat(new JvmFlags(25, 3, HEAP, true, false, false, null).toAdd(List.of(), Map.of()))
        .isEmpty();
  }

  @Test
  void anOlderJavaOrAnotherCLibraryIsNotAskedToGiveMemoryBack() {
    List<String> others = SMALL.subList(0, SMALL.size() - 1);
    assertThat(new JvmFlags(24, 2, HEAP, true, false, false, CACHE).toAdd(List.of(), Map.of()))
        .isEqualTo(others);
    assertThat(new JvmFlags(25, 2, HEAP, false, false, false, null).toAdd(List.of(), Map.of()))
        .isEqualTo(others);
  }

  @Test
  void newObjectsHaveALotOfRoomOnlyInAHeapThatHasIt() {
    assertThat(new JvmFlags(25, 1, HEAP - 1, true, false, false, null).toAdd(List.of(), Map.of()))
        .containsExactly("-XX:+UseSerialGC", "-Xms64m", "-XX:TrimNativeHeapInterval=5000");
  }

  @Test
  void aCacheIsUsedFromJava25On() {
    assertThat(new JvmFlags(25, 8, HEAP, true, false, false, CACHE).toAdd(List.of(), Map.of()))
        .containsExactly(USED);
    assertThat(new JvmFlags(24, 8, HEAP, true, false, false, CACHE).toAdd(List.of(), Map.of()))
        .isEmpty();
  }

  @Test
  void headersAreCompactWhereverACacheMayBeUsed() {
    String compact = "-XX:+UseCompactObjectHeaders";
    assertThat(new JvmFlags(25, 8, HEAP, true, true, false, CACHE).toAdd(List.of(), Map.of()))
        .containsExactly(compact, USED);
    assertThat(
            new JvmFlags(25, 8, HEAP, true, true, false, null)
                .toAdd(List.of("-XX:+UseG1GC"), Map.of()))
        .containsExactly(compact);
    assertThat(new JvmFlags(24, 8, HEAP, true, true, false, null).toAdd(List.of(), Map.of()))
        .isEmpty();
    List<String> without = List.of("-XX:-UseCompactObjectHeaders");
    assertThat(new JvmFlags(25, 8, HEAP, true, true, false, CACHE).toAdd(without, Map.of()))
        .isEmpty();
  }

  @Test
  void aCacheIsMadeOnlyWhereItCouldBeUsed() {
    assertThat(JvmFlags.allowCache(List.of("-Xmx1g", "-XX:+UseG1GC"), Map.of())).isTrue();
    assertThat(JvmFlags.allowCache(List.of("-XX:+UseZGC"), Map.of())).isFalse();
    assertThat(JvmFlags.allowCache(List.of(), Map.of("JAVA_TOOL_OPTIONS", "-Xshare:off")))
        .isFalse();
  }

  @Test
  void aServerForDevelopmentGetsTheFastCompiler() {
    String fast = "-XX:TieredStopAtLevel=1";
    assertThat(
            new JvmFlags(25, 8, HEAP, true, false, true, CACHE).toAdd(List.of("-Da=b"), Map.of()))
        .containsExactly(fast, USED);
    assertThat(new JvmFlags(25, 2, HEAP, true, false, true, null).toAdd(List.of(), Map.of()))
        .containsExactlyElementsOf(Stream.concat(SMALL.stream(), Stream.of(fast)).toList());
    assertThat(
            new JvmFlags(25, 8, HEAP, true, false, true, null).toAdd(List.of("-Xmx1g"), Map.of()))
        .isEmpty();
  }

  @Test
  void settingsGivenAsSystemPropertiesDoNotCountAsFlags() {
    assertThat(
            new JvmFlags(25, 2, HEAP, true, false, false, null)
                .toAdd(List.of("-DLOG_FORMAT=json"), Map.of()))
        .isEqualTo(SMALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xmx1g", "-Xmx1g -Xms1g -Da=b", "-XX:MaxRAMPercentage=50"})
  void theSizeOfTheHeapLeavesTheCollectorOfASmallMachine(String flags) {
    List<String> given = List.of(flags.split(" "));
    assertThat(new JvmFlags(25, 2, HEAP, true, false, false, CACHE).toAdd(given, Map.of()))
        .containsExactly("-XX:+UseSerialGC", USED);
    assertThat(new JvmFlags(25, 3, HEAP, true, false, false, CACHE).toAdd(given, Map.of()))
        .containsExactly(USED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-Xmn64m", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1"})
  void aFlagOfTheUserLeavesOnlyTheCache(String flag) {
    assertThat(new JvmFlags(25, 2, HEAP, true, false, false, CACHE).toAdd(List.of(flag), Map.of()))
        .containsExactly(USED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-XX:+UseZGC",
        "@flags",
        "-Xshare:off",
        "-XX:AOTCache=other.aot",
        "-XX:AOTCacheOutput=new.aot",
        "-XX:-UseCompressedOops"
      })
  void aFlagAgainstTheCacheLeavesNothing(String flag) {
    assertThat(new JvmFlags(25, 2, HEAP, true, false, false, CACHE).toAdd(List.of(flag), Map.of()))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"})
  void theFlagsOfAnEnvironmentVariableCount(String variable) {
    var flags = new JvmFlags(25, 2, HEAP, true, false, false, CACHE);
    assertThat(flags.toAdd(List.of(), Map.of(variable, "-XX:+UseParallelGC")))
        .containsExactly(USED);
    assertThat(flags.toAdd(List.of(), Map.of(variable, "-Da=b -Xshare:off"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-javaagent:a.jar",
        "-agentlib:jdwp=transport=dt_socket,server=y",
        "-Dcom.sun.management.jmxremote.port=9999"
      })
  void aProgramWithAnAgentIsNotReplaced(String flag) {
    assertThat(JvmFlags.allowNewProgram(List.of("-Xmx1g"), Map.of())).isTrue();
    assertThat(JvmFlags.allowNewProgram(List.of("-Xmx1g", flag), Map.of())).isFalse();
    assertThat(JvmFlags.allowNewProgram(List.of(), Map.of("JAVA_TOOL_OPTIONS", "-Da=b " + flag)))
        .isFalse();
  }
}
