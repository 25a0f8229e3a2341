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
 * The flags of the JVM that a server runs with where who starts it gives none. They were chosen by
 * measurement: docs/decisions/0009-jvm.md.
 */
public final class JvmFlags {
  /** The first Java with an AOT cache that is made in one step (JEP 514). */
  public static final int FIRST_WITH_CACHE = 25;

  /** Up to so many processors the serial collector was in no case measured worse than G1. */
  private static final int SMALL = 2;

  /** A JVM takes flags from these as well, wherever they are said. */
  private static final Set<String> VARIABLES =
      Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  /** The commands that work for more than moments. */
  private static final Set<String> COMMANDS = Set.of("serve", "aot-cache");

  private final int version;
  private final int processors;
  private final @Nullable Path cache;

  /**
   * @param version the feature version of Java
   * @param processors how many the JVM may use
   * @param cache an AOT cache that was made for the jar, null where there is none
   */
  JvmFlags(int version, int processors, @Nullable Path cache) {
    this.version = version;
    this.processors = processors;
    this.cache = cache;
  }

  /** Where the AOT cache of a jar is looked for, and made where no other place is named. */
  public static Path cacheOf(Path jar) {
    return jar.resolveSibling("betterbase-sync.aot");
  }

  /**
   * Whether a cache was made after the jar came to its place. The JVM does not look (Java 25), and
   * would run classes of the jar before. By the time of the inode's change, which, unlike that of
   * the content, no copy or rename keeps.
   */
  static boolean isMadeFor(Path jar, Path cache) throws IOException {
    var placed = (FileTime) Files.getAttribute(jar, "unix:ctime");
    return Files.isReadable(cache) && Files.getLastModifiedTime(cache).compareTo(placed) > 0;
  }

  /**
   * The flags to add to a command.
   *
   * @param given all arguments that {@code java} was started with, {@code -jar} among them
   * @param environment the environment of the process
   * @return none where the JVM is to go on as it is: somebody chose flags already, or the command
   *     is one that ends soon
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
