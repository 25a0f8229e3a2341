package dev.betterbase.sync.launcher.boot;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The JVM flags that the launcher adds. They were chosen by measurement
 * (docs/decisions/0009-jvm.md).
 */
public final class JvmFlags {
  /** The first Java that makes an AOT cache in one step (JEP 514). */
  public static final int FIRST_WITH_CACHE = 25;

  /** Up to this number of processors, the serial collector was never measured worse than G1. */
  private static final int SMALL = 2;

  private static final String SERIAL = "-XX:+UseSerialGC";

  /** The serial collector, with a heap that begins small. */
  private static final List<String> FOR_LITTLE_MEMORY = List.of(SERIAL, "-Xms64m");

  /**
   * The same with room for new objects. Otherwise those of a pull or of a burst of connections
   * become old before they die, and the serial collector frees old ones only when the heap has
   * reached its limit.
   */
  private static final List<String> FOR_SOME_MEMORY =
      List.of(
          SERIAL,
          "-Xms112m",
          "-Xmn64m",
          "-XX:SurvivorRatio=2",
          "-XX:TargetSurvivorRatio=90",
          // The free part of the heap after a full collection. Old objects get room without one.
          "-XX:MinHeapFreeRatio=10",
          "-XX:MaxHeapFreeRatio=20");

  /**
   * Gives memory back that the C library keeps after the compiler of the JVM has freed it, every
   * five seconds. Earlier Javas than 25 may refuse the flag.
   */
  private static final String TRIM = "-XX:TrimNativeHeapInterval=5000";

  private static final int FIRST_WITH_TRIM = 25;

  /** Objects with a header of 8 bytes in place of 12 (JEP 519). */
  private static final String COMPACT = "-XX:+UseCompactObjectHeaders";

  private static final int FIRST_WITH_COMPACT = 25;

  /** The archive of Java's own classes for such objects, in the folder of Java. */
  private static final Path COMPACT_ARCHIVE = Path.of("lib", "server", "classes_coh.jsa");

  /** The least limit of the heap with {@link #FOR_SOME_MEMORY}, in bytes. */
  private static final long SOME_MEMORY = 384L << 20;

  /** The beginnings of flags that say how large the heap is, and nothing else. */
  private static final Set<String> HEAP_SIZES =
      Set.of(
          "-Xmx",
          "-Xms",
          "-XX:MaxHeapSize=",
          "-XX:InitialHeapSize=",
          "-XX:MaxRAMPercentage=",
          "-XX:InitialRAMPercentage=");

  /** C1 alone: a server that lives for minutes starts in half the time. */
  private static final String FOR_A_SHORT_LIFE = "-XX:TieredStopAtLevel=1";

  /** Environment variables from which a JVM takes flags. */
  private static final Set<String> VARIABLES =
      Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  /** The beginnings of flags with which a cache cannot be used, or that choose another one. */
  private static final Set<String> AGAINST_A_CACHE =
      Set.of(
          "@",
          "-XX:AOT",
          "-XX:-UseCompactObjectHeaders",
          "-XX:Shared",
          "-XX:-UseCompressed",
          "-XX:+UseZGC",
          "-XX:+UseShenandoahGC",
          "-XX:+UseEpsilonGC",
          "-XX:ArchiveClasses",
          "-Xshare",
          "--patch-module",
          "--upgrade-module-path",
          "--limit-modules");

  /** The beginnings of flags with which a program has begun something that it must go on with. */
  private static final Set<String> AGENTS =
      Set.of("-agent", "-javaagent", "-Xrun", "-Dcom.sun.management.jmxremote");

  private final int version;
  private final int processors;
  private final long heap;
  private final boolean trims;
  private final boolean compact;
  private final boolean development;
  private final @Nullable Path cache;

  /**
   * @param version the feature version of Java
   * @param processors the number of processors that the JVM may use
   * @param heap the limit of the heap, in bytes
   * @param trims whether the C library gives memory back when it is asked to
   * @param compact whether this Java starts as fast with compact headers of objects
   * @param development whether the server is one for development
   * @param cache an AOT cache that was made for this installation, or null if there is none
   */
  JvmFlags(
      int version,
      int processors,
      long heap,
      boolean trims,
      boolean compact,
      boolean development,
      @Nullable Path cache) {
    this.version = version;
    this.processors = processors;
    this.heap = heap;
    this.trims = trims;
    this.compact = compact;
    this.development = development;
    this.cache = cache;
  }

  /**
   * Whether a program with these flags can be replaced: a debugger or a listening agent would lose
   * its connection, and the new program could not listen in its place.
   *
   * @param given the arguments of {@code java} before {@code -jar}
   * @param environment the environment of the process
   */
  static boolean allowNewProgram(List<String> given, Map<String, String> environment) {
    return !anyBegins(all(given, environment), AGENTS);
  }

  /**
   * The flags to add to a command line. The heap and the compiler are only chosen if the user
   * passes no flag at all, and the collector if the user passes none but the size of the heap. An
   * AOT cache is used unless a flag forbids it.
   *
   * @param given the arguments of {@code java} before {@code -jar}
   * @param environment the environment of the process
   */
  List<String> toAdd(List<String> given, Map<String, String> environment) {
    List<String> flags = new ArrayList<>();
    if (choosesMemory(given, environment)) {
      flags.addAll(heap < SOME_MEMORY ? FOR_LITTLE_MEMORY : FOR_SOME_MEMORY);
      if (trims && version >= FIRST_WITH_TRIM) {
        flags.add(TRIM);
      }
    } else if (processors <= SMALL && passesOnlyTheHeap(given, environment)) {
      flags.add(SERIAL);
    }
    if (development && passesNone(given, environment)) {
      flags.add(FOR_A_SHORT_LIFE);
    }
    if (compact && version >= FIRST_WITH_COMPACT && allowCache(given, environment)) {
      flags.add(COMPACT);
    }
    if (cache != null && version >= FIRST_WITH_CACHE && allowCache(given, environment)) {
      flags.add("-XX:AOTCache=" + cache);
    }
    return flags;
  }

  /** Whether the user passes no flag, on a small machine, so that the launcher chooses. */
  boolean choosesMemory(List<String> given, Map<String, String> environment) {
    return processors <= SMALL && passesNone(given, environment);
  }

  /** Whether the user passes no flag. A system property is not one: it may be a setting. */
  private static boolean passesNone(List<String> given, Map<String, String> environment) {
    return all(given, environment).stream().allMatch(flag -> flag.startsWith("-D"));
  }

  private static boolean passesOnlyTheHeap(List<String> given, Map<String, String> environment) {
    return all(given, environment).stream()
        .filter(flag -> !flag.startsWith("-D"))
        .allMatch(flag -> HEAP_SIZES.stream().anyMatch(flag::startsWith));
  }

  /**
   * Whether an AOT cache of the launcher can be used with these flags.
   *
   * @param given the arguments of {@code java} before {@code -jar}
   * @param environment the environment of the process
   */
  static boolean allowCache(List<String> given, Map<String, String> environment) {
    return !anyBegins(all(given, environment), AGAINST_A_CACHE);
  }

  /**
   * The flags that a JVM must have for its AOT cache to fit a server that the launcher starts.
   *
   * @param given the arguments of {@code java} before {@code -jar}
   */
  public static List<String> ofCache(List<String> given) {
    boolean missing =
        hasCompactArchive() && !given.contains(COMPACT) && allowCache(given, Map.of());
    return missing && Runtime.version().feature() >= FIRST_WITH_COMPACT
        ? List.of(COMPACT)
        : List.of();
  }

  /** Without this archive, the JVM would read and link Java's own classes at each start. */
  static boolean hasCompactArchive() {
    return Files.isReadable(Path.of(System.getProperty("java.home")).resolve(COMPACT_ARCHIVE));
  }

  private static List<String> all(List<String> given, Map<String, String> environment) {
    return Stream.concat(
            given.stream(),
            VARIABLES.stream()
                .flatMap(name -> Stream.of(environment.getOrDefault(name, "").split(" "))))
        .filter(flag -> !flag.isEmpty())
        .toList();
  }

  private static boolean anyBegins(List<String> flags, Set<String> beginnings) {
    return flags.stream().anyMatch(flag -> beginnings.stream().anyMatch(flag::startsWith));
  }
}
