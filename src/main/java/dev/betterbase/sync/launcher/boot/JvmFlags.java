package dev.betterbase.sync.launcher.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The JVM flags that the launcher adds if the user passes none. They were chosen by measurement
 * (docs/decisions/0009-jvm.md).
 */
public final class JvmFlags {
  /** The first Java that makes an AOT cache in one step (JEP 514). */
  public static final int FIRST_WITH_CACHE = 25;

  /** Up to this number of processors, the serial collector was never measured worse than G1. */
  private static final int SMALL = 2;

  /** Environment variables from which a JVM takes flags. */
  private static final Set<String> VARIABLES =
      Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  /** The commands that run long enough for flags to matter. */
  private static final Set<String> COMMANDS = Set.of("serve", "aot-cache");

  private final int version;
  private final int processors;
  private final @Nullable Path cache;

  /**
   * @param version the feature version of Java
   * @param processors the number of processors that the JVM may use
   * @param cache an AOT cache that was made for the jar, or null if there is none
   */
  JvmFlags(int version, int processors, @Nullable Path cache) {
    this.version = version;
    this.processors = processors;
    this.cache = cache;
  }

  /** The file in which the AOT cache of a jar is looked for, and written by default. */
  public static Path cacheOf(Path jar) {
    return jar.resolveSibling("betterbase-sync.aot");
  }

  /**
   * Whether a cache was made after the jar was put in its place. The JVM does not check this (Java
   * 25), and would run the classes of an older jar. The check uses the inode's change time, which
   * no copy or rename preserves, unlike the modification time.
   */
  static boolean isMadeFor(Path jar, Path cache) throws IOException {
    var placed = (FileTime) Files.getAttribute(jar, "unix:ctime");
    return Files.isReadable(cache) && Files.getLastModifiedTime(cache).compareTo(placed) > 0;
  }

  /**
   * The flags to add to a command line.
   *
   * @param given all arguments of {@code java}, including {@code -jar}
   * @param environment the environment of the process
   * @return no flags if the user passed any, or if the command ends soon
   */
  List<String> toAdd(List<String> given, Map<String, String> environment) {
    int jar = given.indexOf("-jar");
    boolean chosen =
        jar < 0
            || !given.subList(0, jar).stream().allMatch(argument -> argument.startsWith("-D"))
            || VARIABLES.stream().anyMatch(environment::containsKey);
    return chosen || !isLong(given.subList(jar + 2, given.size())) ? List.of() : flags();
  }

  private static boolean isLong(List<String> command) {
    return command.isEmpty() || COMMANDS.contains(command.get(0));
  }

  private List<String> flags() {
    List<String> flags = new ArrayList<>();
    if (processors <= SMALL) {
      flags.add("-XX:+UseSerialGC");
      flags.add("-Xms64m");
    }
    if (cache != null && version >= FIRST_WITH_CACHE) {
      flags.add("-XX:AOTCache=" + cache);
    }
    return flags;
  }
}
